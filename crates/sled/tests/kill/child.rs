//! The process that is killed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::store::{
    Cap, Create, CreateOutcome, Delete, DeleteOutcome, EndReason, LoadOutcome, OnCap, Renew,
    RenewOutcome, Replaces, Revoke, RevokeKind, TouchOutcome, Update, UpdateOutcome,
};
use cloakroom_core::{
    Payload, Record, Revision, SessionId, SessionStore as _, Subject, Timeouts, Timestamp, WriteId,
};
use cloakroom_sled::{Durability, SledStore};
use rand::rngs::SmallRng;
use rand::seq::IteratorRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::line::{Op, SUBJECTS, Session, TASKS};
use crate::support;

/// Nothing expires in this test before its end.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

pub(crate) fn work(dir: &Path, seed: u64, durability: Durability) {
    let store = support::builder(dir).durability(durability).open().unwrap();
    // The harness of the tests has begun a line.
    println!();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| tokio::spawn(run(store.clone(), task, seed)))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

pub(crate) fn subject(number: usize) -> Subject {
    Subject::new(format!("user:{number}\n")).unwrap()
}

pub(crate) fn id_of(store: &SledStore, which: Session) -> SessionId {
    let mut bytes = [0x5a; SessionId::LEN];
    let placement = store.placement_key().place(&subject(which.subject()));
    bytes[..2].copy_from_slice(&placement.to_bytes());
    bytes[2..10].copy_from_slice(&which.0.to_be_bytes());
    SessionId::from_stored(bytes)
}

pub(crate) fn session_of(id: SessionId) -> Session {
    Session(u64::from_be_bytes(id.as_bytes()[2..10].try_into().unwrap()))
}

/// The data of a revision: some fit into a page, some take many.
pub(crate) fn data(first: Session, revision: u64) -> Payload {
    let mut random = SmallRng::seed_from_u64(first.0 ^ (revision << 40));
    let len = match random.random_range(0..20) {
        0 => random.random_range(4_000..200_000),
        1..4 => random.random_range(3_900..4_200),
        _ => random.random_range(0..600),
    };
    let mut bytes = first.0.to_be_bytes().to_vec();
    bytes.extend((0..len).map(|_| random.random::<u8>()));
    Payload {
        codec: 1,
        bytes: bytes.into(),
    }
}

/// What the task knows of a session: its revision, and under which number it was created.
type Mine = BTreeMap<Session, (u64, Session)>;

async fn run(store: SledStore, task: usize, seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed * 100 + task as u64);
    let mut count = seed * 1_000_000;
    let mut mine = look(&store, task).await;
    loop {
        count += 1;
        let new = Session::new(count, task, random.random_range(0..SUBJECTS));
        let some = mine.keys().copied().choose(&mut random);
        let op = match (random.random_range(0..20), some) {
            (0..7, _) | (_, None) => Op::Create(new),
            (7..11, Some(which)) => Op::Update(which, mine[&which].0 + 1),
            (11, Some(which)) => Op::Touch(which),
            (12..14, Some(which)) => Op::Renew(which, Session::new(count, 0, which.subject())),
            (14..16, Some(which)) => Op::Delete(which),
            (16, Some(which)) => Op::RevokeOne(which),
            (17, Some(_)) => Op::RevokeAll(new.subject()),
            (18, Some(kept)) => Op::RevokeOthers(kept),
            (_, Some(old)) => Op::Replace(old, Session::new(count, 0, old.subject())),
        };
        say(format!("begins {task} {op}"));
        let ended = carry_out(&store, op, &mut mine).await;
        let mut done = format!("done {task}");
        for which in ended {
            write!(done, " {}", which.0).unwrap();
        }
        say(done);
    }
}

/// In one piece, so that the lines of the tasks do not mix.
fn say(mut line: String) {
    line.push_str(" .\n");
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

/// What is there from the lives before.
async fn look(store: &SledStore, task: usize) -> Mine {
    let mut mine = Mine::new();
    for number in task * SUBJECTS..(task + 1) * SUBJECTS {
        let page = cloakroom_core::store::Page {
            after: None,
            limit: 100,
        };
        let set = store.token_set(&subject(number), &page, NOW).await.unwrap();
        for listed in set.sessions {
            let LoadOutcome::Found(record) = store.load(listed.id(), NOW).await.unwrap() else {
                panic!("listed, and not there");
            };
            let first = record.payload().bytes[..8].try_into().unwrap();
            let first = Session(u64::from_be_bytes(first));
            mine.insert(session_of(listed.id()), (record.revision().get(), first));
        }
    }
    mine
}

async fn carry_out(store: &SledStore, op: Op, mine: &mut Mine) -> Vec<Session> {
    let write_id = WriteId::random();
    let id = |which| id_of(store, which);
    let whose = |which: Session| Some(subject(which.subject()));
    match op {
        Op::Create(new) => create(store, new, None, mine).await,
        Op::Replace(old, new) => {
            let replaces = Replaces {
                id: id(old),
                revision: Revision::from_stored(mine[&old].0),
            };
            mine.remove(&old);
            create(store, new, Some(replaces), mine).await
        }
        Op::Update(which, revision) => {
            let (old, first) = mine[&which];
            let request = Update {
                id: id(which),
                subject: whose(which),
                expected: Revision::from_stored(old),
                payload: data(first, revision),
                label: None,
                touch: true,
                write_id,
            };
            let saved = store.update(&request, NOW).await.unwrap();
            let revision = Revision::from_stored(revision);
            assert_eq!(saved, UpdateOutcome::Saved { revision });
            mine.insert(which, (revision.get(), first));
            Vec::new()
        }
        Op::Touch(which) => {
            let later = NOW.plus(Duration::from_secs(1));
            let touched = store
                .touch(id(which), whose(which).as_ref(), later)
                .await
                .unwrap();
            assert_eq!(touched, TouchOutcome::Touched);
            Vec::new()
        }
        Op::Renew(old, new) => {
            let request = Renew {
                old: id(old),
                new: id(new),
                subject: whose(old),
                grace: Duration::ZERO,
            };
            let renewed = store.renew(&request, NOW).await.unwrap();
            assert_eq!(renewed, RenewOutcome::Renewed);
            let there = mine.remove(&old).unwrap();
            mine.insert(new, there);
            Vec::new()
        }
        Op::Delete(which) => {
            let request = Delete {
                id: id(which),
                subject: whose(which),
                expected: None,
                reason: EndReason::Ended,
                write_id,
            };
            let deleted = store.delete(&request, NOW).await.unwrap();
            assert_eq!(deleted, DeleteOutcome::Deleted { replicas: None });
            mine.remove(&which);
            Vec::new()
        }
        Op::RevokeOne(which) => {
            revoke(store, which.subject(), RevokeKind::One(id(which)), mine).await
        }
        Op::RevokeAll(number) => revoke(store, number, RevokeKind::All, mine).await,
        Op::RevokeOthers(kept) => {
            revoke(store, kept.subject(), RevokeKind::AllExcept(id(kept)), mine).await
        }
    }
}

async fn create(
    store: &SledStore,
    new: Session,
    replaces: Option<Replaces>,
    mine: &mut Mine,
) -> Vec<Session> {
    let record = Record::signed_in(
        id_of(store, new),
        subject(new.subject()),
        NOW,
        Timeouts::default(),
        data(new, 1),
    );
    let request = Create {
        record: Arc::new(record),
        cap: Cap::new(4, OnCap::EvictOldest).unwrap(),
        generation: None,
        replaces,
        over: None,
    };
    let created = store.create(&request, NOW).await.unwrap();
    let CreateOutcome::Created { evicted, .. } = created else {
        panic!("{created:?}");
    };
    mine.insert(new, (1, new));
    forget(&evicted, mine)
}

async fn revoke(
    store: &SledStore,
    number: usize,
    kind: RevokeKind,
    mine: &mut Mine,
) -> Vec<Session> {
    let request = Revoke {
        subject: subject(number),
        kind,
        write_id: WriteId::random(),
    };
    let revoked = store.revoke(&request, NOW).await.unwrap();
    forget(&revoked.ended, mine)
}

fn forget(ended: &[SessionId], mine: &mut Mine) -> Vec<Session> {
    let ended: Vec<_> = ended.iter().map(|id| session_of(*id)).collect();
    for which in &ended {
        mine.remove(which);
    }
    ended
}
