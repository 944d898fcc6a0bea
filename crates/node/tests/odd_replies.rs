//! A server that answers nonsense, or something else than what was asked: that is an error, and never an absent session,
//! a signed-out user or a panic.

mod support;

use std::time::Duration;

use cloakroom_core::{ErrorKind, Result};
use cloakroom_node::{
    Layout, Left, Loaded, NodeSession, NodeStore, Servers, Survey, TokenSet, TokenSets,
};
use support::fake::Fake;
use support::sessions::{load, sid};

const NIL: &str = "$-1\r\n";
/// Of other types than any command here has, and numbers that none of them counts to.
const NONSENSE: [&str; 8] = [
    "+WHAT\r\n",
    "*0\r\n",
    "*1\r\n:1\r\n",
    "*2\r\n$-1\r\n*1\r\n*0\r\n",
    ":-7\r\n",
    "-ERR odd\r\n",
    "*2\r\n:1\r\n-ERR in the middle\r\n",
    "*3\r\n$1\r\na\r\n-ERR in the middle\r\n$1\r\nb\r\n",
];
const HUGE: &str = ":9223372036854775807\r\n";
const SESSION: &str = "$35\r\n{\"cookie\":{\"originalMaxAge\":60000}}\r\n";

struct Odd {
    fake: Fake,
    store: NodeStore,
}

impl Odd {
    async fn new() -> Self {
        let fake = Fake::start().await;
        let builder = NodeStore::builder(Layout::express(), Servers::standalone(fake.url()));
        let builder = builder.timeout(Duration::from_secs(20));
        let store = builder.connect().await.expect("it listens");
        // What a server that has a session would say.
        fake.answer("GET", SESSION);
        fake.answer("PTTL", ":60000\r\n");
        fake.answer("SMEMBERS", "*1\r\n$1\r\na\r\n");
        fake.answer("EXISTS", ":0\r\n");
        fake.answer("DEL", ":1\r\n");
        fake.answer("EVALSHA", ":1\r\n");
        fake.answer("SCAN", "*2\r\n$1\r\n0\r\n*1\r\n$6\r\nsess:a\r\n");
        fake.answer("TYPE", "+string\r\n");
        fake.answer("STRLEN", ":35\r\n");
        Self { fake, store }
    }

    async fn session(&self) -> NodeSession {
        load(&self.store, &sid("a")).await
    }

    fn tokens(&self) -> TokenSet {
        let user = cloakroom_core::Subject::new("ada").expect("a user");
        TokenSets::new(self.store.clone(), "tokens:").of(&user)
    }

    /// Whatever odd answer a command has, it is an error of this kind.
    async fn expect<T: std::fmt::Debug>(
        &self,
        command: &'static str,
        replies: &[&str],
        kind: ErrorKind,
        mut act: impl AsyncFnMut() -> Result<T>,
    ) {
        for reply in replies {
            self.fake.answer(command, reply);
            let error = match act().await {
                Err(error) => error,
                Ok(done) => panic!("{command} was answered {reply:?}, and that is {done:?}"),
            };
            // What the server says is wrong is no effect: it refused.
            let says_so = reply.contains("-ERR");
            let expected = if says_so { ErrorKind::Internal } else { kind };
            assert_eq!(error.kind(), expected, "{command}: {reply:?}");
        }
    }
}

fn nonsense(more: &[&'static str]) -> Vec<&'static str> {
    [&NONSENSE[..], more].concat()
}

#[tokio::test]
async fn of_reading_a_session() {
    let odd = Odd::new().await;
    let read = async || odd.store.load(&sid("a")).await;
    let replies = nonsense(&[HUGE, ":1\r\n"]);
    odd.expect("GET", &replies, ErrorKind::Internal, read).await;
    odd.fake.answer("GET", SESSION);
    let replies = nonsense(&[NIL, "$1\r\n5\r\n"]);
    odd.expect("PTTL", &replies, ErrorKind::Internal, read)
        .await;
    // As long as Redis can count is a lifetime.
    odd.fake.answer("PTTL", HUGE);
    let left = odd.session().await.left();
    assert_eq!(left, Left::For(Duration::from_millis(i64::MAX as u64)));
    odd.fake.answer("PTTL", ":-2\r\n");
    let gone = odd.store.load(&sid("a")).await;
    assert!(matches!(gone, Ok(Loaded::Absent)), "it went in between");
}

/// Nobody can say whether it was written.
#[tokio::test]
async fn of_writing_a_session() {
    let odd = Odd::new().await;
    let (store, unknown) = (&odd.store, ErrorKind::OutcomeUnknown);
    let session = odd.session().await;
    let replies = nonsense(&[HUGE, NIL, ":3\r\n", "$1\r\n1\r\n"]);
    let save = async || {
        let mut session = session.clone();
        session.data_mut().set("a", &1).expect("Node keeps it");
        store.save(&mut session).await
    };
    odd.expect("EVALSHA", &replies, unknown, save).await;
    let hour = Duration::from_hours(1);
    let limit = async || store.limit(&sid("a"), hour).await;
    odd.expect("EVALSHA", &replies, unknown, limit).await;
    let aside = async || store.quarantine(&sid("a"), hour).await;
    odd.expect("EVALSHA", &replies, unknown, aside).await;
    let back = async || store.release(&sid("a"), hour).await;
    odd.expect("EVALSHA", &replies, unknown, back).await;
    let renew = async || store.regenerate(&session, store.blank()).await;
    odd.expect("EVALSHA", &replies, unknown, renew).await;

    let replies = nonsense(&[HUGE, NIL, ":2\r\n", "$1\r\n1\r\n"]);
    let destroy = async || store.destroy(&sid("a")).await;
    odd.expect("DEL", &replies, unknown, destroy).await;
    let touch = async || store.touch(&mut session.clone()).await;
    odd.expect("EXPIRE", &replies, unknown, touch).await;
    let create = async || store.create(store.blank()).await;
    let replies = nonsense(&[HUGE, ":1\r\n", "$2\r\nOK\r\n"]);
    odd.expect("SET", &replies, unknown, create).await;
}

#[tokio::test]
async fn of_a_token_set() {
    let odd = Odd::new().await;
    let (ada, a) = (odd.tokens(), sid("a"));
    let (read, unknown) = (ErrorKind::Internal, ErrorKind::OutcomeUnknown);
    let replies = nonsense(&[HUGE, NIL, ":2\r\n", "$1\r\n1\r\n"]);
    let contains = async || ada.contains(&a).await;
    odd.expect("SISMEMBER", &replies, read, contains).await;
    odd.expect("SADD", &replies, unknown, async || ada.add(&a).await)
        .await;
    odd.expect("SREM", &replies, unknown, async || ada.remove(&a).await)
        .await;
    odd.expect("EVALSHA", &replies, unknown, async || ada.end_all().await)
        .await;
    odd.expect("EXISTS", &replies, read, async || ada.prune(None).await)
        .await;
    let lists: Vec<_> = nonsense(&[HUGE, NIL, "*1\r\n$-1\r\n"])
        .into_iter()
        .filter(|reply| *reply != "*0\r\n")
        .collect();
    odd.expect("SMEMBERS", &lists, read, async || ada.list().await)
        .await;
    odd.expect("SMEMBERS", &lists, read, async || ada.end_all().await)
        .await;
}

/// A server cannot have forgotten more than it was told to.
#[tokio::test]
async fn of_pruning() {
    let clock = cloakroom_core::ManualClock::new();
    let odd = Odd::new().await;
    let builder = NodeStore::builder(Layout::express(), Servers::standalone(odd.fake.url()));
    let builder = builder.clock(clock.clone());
    let store = builder.connect().await.expect("it listens");
    let odd = Odd { store, ..odd };
    let ada = odd.tokens();
    let first = ada.prune(None).await.expect("it answers");
    clock.advance(Duration::from_secs(60));
    let replies = nonsense(&[HUGE, NIL, ":2\r\n"]);
    let prune = async || ada.prune(Some(&first.missing)).await;
    odd.expect("EVALSHA", &replies, ErrorKind::OutcomeUnknown, prune)
        .await;
}

#[tokio::test]
async fn of_a_survey() {
    let odd = Odd::new().await;
    let servers = || Servers::standalone(odd.fake.url());
    let report = async || Survey::new(servers()).prefix("sess:").report().await;
    let is_fine = report().await.expect("it answers");
    assert_eq!(is_fine.express.all, 1);
    let kind = ErrorKind::Internal;
    let pages = nonsense(&[
        HUGE,
        NIL,
        "*1\r\n$1\r\n0\r\n",
        "*2\r\n:0\r\n*0\r\n",
        "*2\r\n$1\r\n0\r\n$1\r\na\r\n",
        "*2\r\n$1\r\n0\r\n*2\r\n$6\r\nsess:a\r\n:5\r\n",
    ]);
    odd.expect("SCAN", &pages, kind, report).await;
    odd.fake
        .answer("SCAN", "*2\r\n$1\r\n0\r\n*1\r\n$6\r\nsess:a\r\n");
    let numbers = nonsense(&[NIL, "$1\r\n5\r\n"]);
    for (command, replies, right) in [
        ("PTTL", numbers.clone(), ":60000\r\n"),
        ("STRLEN", numbers.clone(), ":35\r\n"),
        ("GET", nonsense(&[HUGE]), SESSION),
    ] {
        odd.expect(command, &replies, kind, report).await;
        odd.fake.answer(command, right);
    }
    let kinds = nonsense(&[HUGE, NIL]);
    let kinds: Vec<_> = kinds
        .into_iter()
        .filter(|reply| *reply != NONSENSE[0])
        .collect();
    odd.expect("TYPE", &kinds, kind, report).await;
    odd.fake.answer("TYPE", "+set\r\n");
    odd.expect("SCARD", &numbers, kind, report).await;
    // As many as Redis can count, twice over, are still a report.
    odd.fake.answer(
        "SCAN",
        "*2\r\n$1\r\n0\r\n*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n",
    );
    odd.fake.answer("SCARD", HUGE);
    assert_eq!(report().await.expect("it answers").members, u64::MAX);
}

/// Where the keys of a cluster lie is only read: nothing was written.
#[tokio::test]
async fn of_the_slots_of_a_cluster() {
    let fake = Fake::start().await;
    let range = |node: &str| format!("*1\r\n*3\r\n:0\r\n:16383\r\n{node}");
    let at = |port: u32| range(&format!("*2\r\n$9\r\n127.0.0.1\r\n:{port}\r\n"));
    fake.answer("CLUSTER", &at(fake.port().into()));
    let builder = NodeStore::builder(Layout::express(), Servers::cluster([fake.url()]));
    let builder = builder.timeout(Duration::from_secs(20));
    let store = builder.connect().await.expect("it listens");
    let odd = Odd { fake, store };
    let walk = async || odd.store.walk().await;
    let _ = walk().await.expect("one server");
    let (far, nobody) = (at(65_536), range("*0\r\n"));
    let replies = [&NONSENSE[..], &[NIL, HUGE, &far, &nobody]].concat();
    // A cluster of which nobody has a slot has no keys.
    let replies: Vec<_> = replies
        .into_iter()
        .filter(|reply| *reply != "*0\r\n")
        .collect();
    odd.expect("CLUSTER", &replies, ErrorKind::Internal, walk)
        .await;
}
