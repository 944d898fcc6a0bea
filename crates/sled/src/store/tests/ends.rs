//! How a store is closed, and what is on disk when something ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use cloakroom_core::Clock;

use super::*;

fn open_lazy(dir: &Scratch) -> SledStore {
    SledStore::builder(dir.path().join("store"))
        .durability(Durability::Interval(Duration::MAX))
        .without_sweeper()
        .open()
        .unwrap()
}

/// What ends something.
#[derive(Debug)]
enum Ending {
    Delete(Delete),
    Revoke(RevokeKind),
    Renew(Renew),
    Create(Box<Create>),
}

fn replacing(store: &SledStore, request: Create) -> Ending {
    let replaces = Some(Replaces {
        id: id(store, 1),
        revision: cloakroom_core::Revision::FIRST,
    });
    Ending::Create(Box::new(Create {
        replaces,
        ..request
    }))
}

/// With a token that somebody else issued, and that comes again.
fn replacing_itself(store: &SledStore) -> Ending {
    let again = create(store, 1, 10);
    let record = Record::clone(&again.record).with_external();
    replacing(
        store,
        Create {
            record: Arc::new(record),
            ..again
        },
    )
}

/// As soon as the one who has the only place is over.
fn taking_a_place(store: &SledStore) -> Ending {
    let cap = Cap::new(1, OnCap::Refuse).unwrap();
    let new = create(store, 4, 10);
    let later = now().plus(Duration::from_secs(3_600));
    let payload = new.record.payload().clone();
    let record = Record::signed_in(id(store, 4), subject(), later, Timeouts::default(), payload);
    Ending::Create(Box::new(Create {
        record: Arc::new(record),
        cap,
        ..new
    }))
}

async fn end(store: &SledStore, ending: Ending) {
    match ending {
        Ending::Delete(request) => {
            let deleted = store.delete(&request, now()).await.unwrap();
            assert_eq!(deleted, DeleteOutcome::Deleted { replicas: None });
        }
        Ending::Revoke(kind) => {
            let request = Revoke {
                subject: subject(),
                kind,
                write_id: WriteId::random(),
            };
            let _ = store.revoke(&request, now()).await.unwrap();
        }
        Ending::Renew(request) => {
            let renewed = store.renew(&request, now()).await.unwrap();
            assert_eq!(renewed, RenewOutcome::Renewed);
        }
        Ending::Create(request) => {
            let now = request.record.last_seen();
            let created = store.create(&request, now).await.unwrap();
            let CreateOutcome::Created { repeated, .. } = created else {
                panic!("{created:?}");
            };
            assert!(!repeated);
        }
    }
}

/// Also where nobody waits for what else is written.
#[tokio::test]
async fn whatever_ends_something_is_on_disk() {
    type Case = (&'static str, u8, fn(&SledStore) -> Ending);
    let cases: [Case; 10] = [
        ("delete", 1, |store| Ending::Delete(delete(store, 1))),
        ("revoke one", 2, |store| {
            Ending::Revoke(RevokeKind::One(id(store, 1)))
        }),
        ("revoke all", 2, |_| Ending::Revoke(RevokeKind::All)),
        ("revoke all others", 2, |store| {
            Ending::Revoke(RevokeKind::AllExcept(id(store, 1)))
        }),
        // A sign-in that has begun must not come through.
        ("revoke nobody", 0, |_| Ending::Revoke(RevokeKind::All)),
        ("renew", 1, |store| {
            Ending::Renew(renew(store, 1, 2, Duration::ZERO))
        }),
        ("replace", 1, |store| replacing(store, create(store, 2, 10))),
        ("replace itself", 1, replacing_itself),
        ("evict", 3, |store| {
            Ending::Create(Box::new(create(store, 4, 10)))
        }),
        ("take a place", 1, taking_a_place),
    ];
    for (what, sessions, ending) in cases {
        let dir = Scratch::new();
        let store = open_lazy(&dir);
        store.begin(&subject(), now(), now()).await.unwrap();
        assert!(store.core.journal.is_on_disk(), "begin, before {what}");
        for number in 1..=sessions {
            let _ = store
                .create(&create(&store, number, 10), now())
                .await
                .unwrap();
        }
        let visitor = create(&store, 200, 10);
        let payload = visitor.record.payload().clone();
        let id = id(&store, 200);
        let visitor = Create {
            record: Arc::new(Record::anonymous(id, now(), Timeouts::default(), payload)),
            ..visitor
        };
        let _ = store.create(&visitor, now()).await.unwrap();
        assert!(!store.core.journal.is_on_disk(), "nobody waits for that");
        end(&store, ending(&store)).await;
        assert!(store.core.journal.is_on_disk(), "{what}: a crash undoes it");
    }
}

/// And a sign-in, a change and a use, which end nothing, are as quick as was chosen. A use, a change or a
/// sweep that changes nothing is not even handed on.
#[tokio::test]
async fn what_ends_nothing_waits_for_no_disk() {
    let dir = Scratch::new();
    let store = open_lazy(&dir);
    let steps = watch(&store);
    let seen = || std::mem::take(&mut *steps.lock().unwrap());
    let later = now().plus(Duration::from_secs(1));
    store.begin(&subject(), later, now()).await.unwrap();
    assert!(
        seen().contains(&Step::Sync),
        "a set that begins ends what was before"
    );

    let _ = store.create(&create(&store, 1, 10), now()).await.unwrap();
    assert_eq!(seen(), [Step::Apply], "create");
    let update = update(&store, 1);
    let updated = store.update(&update, now()).await.unwrap();
    assert!(matches!(updated, UpdateOutcome::Saved { .. }));
    assert_eq!(seen(), [Step::Apply], "update");
    let touch = async || {
        let touched = store.touch(id(&store, 1), Some(&subject()), later).await;
        assert_eq!(touched.unwrap(), TouchOutcome::Touched);
    };
    touch().await;
    assert_eq!(seen(), [Step::Apply], "touch");

    touch().await;
    assert_eq!(seen(), [], "a touch that moves nothing");
    let again = store.update(&update, later).await.unwrap();
    assert!(matches!(again, UpdateOutcome::Saved { .. }));
    assert_eq!(seen(), [], "an update that was made before");
    assert_eq!(store.purge_expired(100, later).await.unwrap(), 0);
    assert_eq!(seen(), [], "a sweep that finds nothing");
}

/// A token that somebody else issued comes again, and its new session is over already: the old one
/// goes, and no memory of it stays.
#[tokio::test]
async fn a_session_that_gives_way_to_one_that_is_over_is_gone_on_disk() {
    let dir = Scratch::new();
    let store = open_lazy(&dir);
    let mut again = create(&store, 1, 10);
    let later = now().plus(Duration::from_secs(3_600));
    let timeouts = Timeouts::default();
    let payload = again.record.payload().clone();
    let old = Create {
        record: Arc::new(Record::signed_in(
            id(&store, 1),
            subject(),
            later,
            timeouts,
            payload,
        )),
        ..again.clone()
    };
    let _ = store.create(&old, later).await.unwrap();
    again.replaces = Some(Replaces {
        id: id(&store, 1),
        revision: old.record.revision(),
    });
    let over = again.record.deadline().instant();
    assert!(!old.record.deadline().is_over(over), "the old one lives");
    let created = store.create(&again, over).await.unwrap();
    assert!(
        matches!(created, CreateOutcome::Created { .. }),
        "{created:?}"
    );
    let load = store.load(id(&store, 1), over).await.unwrap();
    assert!(matches!(load, LoadOutcome::Absent), "{load:?}");
    assert!(store.core.journal.is_on_disk(), "a crash brings it back");
}

/// Each could take the other for one that goes on.
#[test]
fn of_handles_that_close_together_one_is_the_last() {
    for round in 0..100 {
        let dir = Scratch::new();
        let store = open(&dir);
        let waiting = AtomicUsize::new(2);
        let last = thread::scope(|scope| {
            let closing = [store.clone(), store].map(|handle| {
                scope.spawn(|| {
                    waiting.fetch_sub(1, SeqCst);
                    // At the same instant, as far as can be.
                    while waiting.load(SeqCst) > 0 {
                        std::hint::spin_loop();
                    }
                    handle.close().unwrap()
                })
            });
            closing.map(|close| usize::from(close.join().unwrap()))
        });
        assert_eq!(last.iter().sum::<usize>(), 1, "round {round}");
    }
}

/// A clock that hangs, as the disk might.
#[derive(Debug)]
struct Hangs(mpsc::Sender<()>, Mutex<mpsc::Receiver<()>>);

impl Clock for Hangs {
    fn now(&self) -> Timestamp {
        let _ = self.0.send(());
        let _ = self.1.lock().unwrap().recv();
        now()
    }
}

/// Whoever drops a store on a thread of a runtime must get it back.
#[test]
fn a_sweep_that_hangs_does_not_hang_whoever_drops_the_store() {
    let dir = Scratch::new();
    let (reached, is_reached) = mpsc::channel();
    let (let_go, go) = mpsc::channel();
    let store = SledStore::builder(dir.path().join("store"))
        .clock(Hangs(reached, Mutex::new(go)))
        .sweep_every(Duration::from_millis(1))
        .stalls_after(Duration::from_millis(50))
        .open()
        .unwrap();
    is_reached.recv().unwrap();
    let (closed, is_closed) = mpsc::channel();
    let closing = thread::spawn(move || closed.send(store.close().unwrap()));
    let answer = is_closed.recv_timeout(Duration::from_secs(20));
    drop(let_go);
    assert!(!answer.expect("it is told"), "the sweeper has it still");
    closing.join().unwrap().unwrap();
    // The sweeper closes the store when it comes out of it, and lets go of the clock before.
    while is_reached.recv().is_ok() {}
}
