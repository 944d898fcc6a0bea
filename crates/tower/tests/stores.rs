//! The layer over each of our stores, with faults between the two: the right status, nobody waits beyond the
//! deadline, and the handler's own work is as it was.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

#[path = "../../redis/tests/support/process.rs"]
#[allow(dead_code, reason = "this test needs a part")]
mod process;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use cloakroom_core::fault::{Calls, FaultStore, Faults};
use cloakroom_core::{ErrorKind, Lookup, Operation, SessionStore, Sessions, Subject, Token};
use cloakroom_moka::MokaStore;
use cloakroom_redis::RedisStore;
use cloakroom_sled::SledStore;
use cloakroom_tower::{RequestSession, Result, SessionLayer};
use process::{Process, Scratch};
use support::{SOON, app, ask, cookie, soon};

type Data = Vec<u32>;

/// An engine, and what has to live as long as it does.
struct Engine {
    name: &'static str,
    store: Arc<dyn SessionStore>,
    /// Goes last.
    _place: Option<Place>,
}

enum Place {
    Directory(#[allow(dead_code, reason = "it is removed when dropped")] Scratch),
    Server(#[allow(dead_code, reason = "it ends when dropped")] Process),
}

async fn engines() -> [Engine; 3] {
    let directory = Scratch::new();
    let sled = SledStore::open(directory.path().join("sessions")).unwrap();
    let server = Process::start(&["--save", ""]);
    let redis = RedisStore::connect(&server.url()).await.unwrap();
    [
        Engine {
            name: "moka",
            store: Arc::new(MokaStore::new()),
            _place: None,
        },
        Engine {
            name: "sled",
            store: Arc::new(sled),
            _place: Some(Place::Directory(directory)),
        },
        Engine {
            name: "redis",
            store: Arc::new(redis),
            _place: Some(Place::Server(server)),
        },
    ]
}

/// What a handler does with its session, and the call to the store that fails meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Read,
    Change,
    Visit,
    SignIn,
    SignOut,
    RevokeOthers,
    Renew,
}

impl Work {
    const ALL: [(Self, Operation); 9] = [
        (Self::Read, Operation::Load),
        (Self::Change, Operation::Load),
        (Self::Change, Operation::Update),
        (Self::Visit, Operation::Create),
        (Self::SignIn, Operation::Begin),
        (Self::SignIn, Operation::Create),
        (Self::SignOut, Operation::Delete),
        (Self::RevokeOthers, Operation::Revoke),
        (Self::Renew, Operation::Renew),
    ];

    /// Passes over every failure but that of a sign-in, by which nobody is signed in.
    async fn of(self, session: &RequestSession<Data>) -> Result<()> {
        match self {
            Self::Read => _ = session.get().await,
            Self::Change | Self::Visit => _ = session.change(|data| data.push(1)).await,
            Self::SignIn => {
                let ada = Subject::new("ada").unwrap();
                let attempt = session.begin_sign_in(&ada).await?;
                let _ = session.complete(attempt, Option::unwrap_or_default).await?;
            }
            Self::SignOut => _ = session.sign_out().await,
            Self::RevokeOthers => _ = session.revoke_others().await,
            Self::Renew => _ = session.renew(Duration::from_secs(60)).await,
        }
        Ok(())
    }

    const fn comes_with_a_session(self) -> bool {
        !matches!(self, Self::Visit)
    }
}

/// An application over a store that many share, with faults of its own.
struct World {
    sessions: Sessions<Data>,
    faults: Faults,
    token: Token,
    done: Arc<AtomicUsize>,
    app: Router,
}

impl World {
    async fn new(store: &Arc<dyn SessionStore>, work: Work, deadline: Duration) -> Self {
        let store = FaultStore::new(Arc::clone(store));
        let faults = store.faults();
        let sessions = Sessions::builder(store).retries(0).build().unwrap();
        let name = format!("{work:?} {}", faults_name());
        let attempt = sessions.begin_sign_in(&Subject::new(name).unwrap()).await;
        let carry = |_: Option<Data>| Vec::new();
        let signed_in = sessions.complete(attempt.unwrap(), None, carry).await;
        let token = signed_in.unwrap().signed_in().unwrap().token;
        let done = Arc::new(AtomicUsize::new(0));
        let note = Arc::clone(&done);
        let handler = async move |session: RequestSession<Data>| -> Result<&'static str> {
            note.fetch_add(1, Ordering::SeqCst);
            work.of(&session).await?;
            Ok("done")
        };
        let layer = SessionLayer::builder(sessions.clone()).store_deadline(deadline);
        let app = app(layer.build().unwrap(), handler);
        Self {
            sessions,
            faults,
            token,
            done,
            app,
        }
    }

    async fn ask(&self, work: Work) -> support::browser::Answer {
        let header = cookie(&self.token);
        let headers = [("cookie", header.as_str())];
        let headers = if work.comes_with_a_session() {
            &headers[..]
        } else {
            &[]
        };
        ask(&self.app, headers).await
    }

    /// The data of the session; none where it has ended or has another token.
    async fn data(&self) -> Option<Data> {
        match self.sessions.peek(&self.token).await.unwrap() {
            Lookup::Found(session) => Some(session.into_data()),
            _ => None,
        }
    }
}

/// Names of subjects: no two worlds share one.
fn faults_name() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_fails_is_answered_as_one() {
    for engine in engines().await {
        for (work, operation) in Work::ALL {
            for (kind, expected) in [
                (ErrorKind::Unavailable, "unavailable"),
                (ErrorKind::Timeout, "slow"),
                (ErrorKind::Full, "unavailable"),
                (ErrorKind::NewerVersion, "corrupt"),
            ] {
                let case = format!("{}, {work:?}, {operation}: {kind}", engine.name);
                let world = World::new(&engine.store, work, 2 * SOON).await;
                world
                    .faults
                    .fail_before(Calls::to(operation).always(), kind);
                let answer = soon(world.ask(work)).await;
                assert_eq!(answer.status, 503, "{case}");
                assert_eq!(answer.header("cloakroom-failure"), Some(expected), "{case}");
                assert_eq!(answer.header("retry-after"), Some("5"), "{case}");
                assert!(answer.set_cookies().is_empty(), "{case}");
                assert_ne!(answer.body, "done", "{case}");
                assert_eq!(world.done.load(Ordering::SeqCst), 1, "{case}");
                world.faults.clear();
                // A session that keeps its user from signing in is ended: the sign-in is tried without.
                let in_the_way = operation == Operation::Create && expected == "corrupt";
                let left = (!in_the_way || work == Work::Visit).then(Vec::new);
                assert_eq!(world.data().await, left, "{case}");
                // And it is served again.
                let answer = soon(world.ask(work)).await;
                assert_eq!(
                    (answer.status.as_u16(), &*answer.body),
                    (200, "done"),
                    "{case}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_answer_is_lost_is_answered_so_and_made_once() {
    for engine in engines().await {
        for (work, operation) in Work::ALL {
            if matches!(operation, Operation::Load | Operation::Begin) {
                continue;
            }
            let case = format!("{}, {work:?}", engine.name);
            let world = World::new(&engine.store, work, 2 * SOON).await;
            let before = world.faults.calls(operation);
            world.faults.lose_answer(operation);
            let answer = soon(world.ask(work)).await;
            assert_eq!(answer.status, 503, "{case}");
            assert_eq!(
                answer.header("cloakroom-failure"),
                Some("unavailable"),
                "{case}"
            );
            assert!(answer.set_cookies().is_empty(), "{case}");
            assert_eq!(world.done.load(Ordering::SeqCst), 1, "{case}");
            assert_eq!(world.faults.calls(operation), before + 1, "{case}");
            let expected = match work {
                Work::Change => Some(vec![1]),
                Work::SignOut => None,
                _ => Some(vec![]),
            };
            assert_eq!(world.data().await, expected, "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_store_that_hangs() {
    const DEADLINE: Duration = Duration::from_secs(3);
    for engine in engines().await {
        // All at once, since each takes the whole deadline.
        let mut asked = tokio::task::JoinSet::new();
        for (work, operation) in Work::ALL {
            let case = format!("{}, {work:?}, {operation}", engine.name);
            let store = Arc::clone(&engine.store);
            asked.spawn(async move {
                let world = World::new(&store, work, DEADLINE).await;
                let hold = world.faults.hold_before(Calls::to(operation).always());
                let start = Instant::now();
                let answer = soon(world.ask(work)).await;
                let took = start.elapsed();
                assert!(took >= DEADLINE && took < 3 * DEADLINE, "{case}: {took:?}");
                assert_eq!(answer.status, 503, "{case}");
                assert_eq!(answer.header("cloakroom-failure"), Some("slow"), "{case}");
                assert!(answer.set_cookies().is_empty(), "{case}");
                assert_eq!(world.done.load(Ordering::SeqCst), 1, "{case}");
                hold.release();
                assert_eq!(world.data().await, Some(vec![]), "{case}");
            });
        }
        while let Some(done) = asked.join_next().await {
            done.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()));
        }
    }
}

/// No decorator: the server itself is gone, and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_is_a_store_that_is_down() {
    let server = Process::start(&["--save", ""]);
    let redis = RedisStore::connect(&server.url()).await.unwrap();
    let store: Arc<dyn SessionStore> = Arc::new(redis);
    let world = World::new(&store, Work::Change, Duration::from_secs(3)).await;
    assert_eq!(world.ask(Work::Change).await.status, 200);
    server.kill();
    let start = Instant::now();
    let answer = soon(world.ask(Work::Change)).await;
    assert!(
        start.elapsed() < Duration::from_secs(9),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(answer.status, 503);
    let failure = answer.header("cloakroom-failure");
    assert!(
        matches!(failure, Some("unavailable" | "slow")),
        "{failure:?}"
    );
    assert!(answer.set_cookies().is_empty(), "the cookie is kept");
    server.restart();
    // It answers from here on. The store connects anew at its own pace, and every request waits for that
    // as long as it may: there is nothing to wait for between two of them.
    soon(async { while world.ask(Work::Change).await.status != 200 {} }).await;
}
