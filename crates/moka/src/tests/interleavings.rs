//! Threads of shuttle, in other interleavings in each run: `cargo xtask shuttle`.

use std::sync::Arc;

use cloakroom_core::store::{
    CreateOutcome, DeleteOutcome, Page, Revoke, RevokeKind, TouchOutcome, UpdateOutcome,
};
use cloakroom_core::{Revision, SessionStore, WriteId};
use shuttle::Runner;
use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::thread;

use super::support::*;
use crate::MokaStore;

const RUNS: usize = 500;

/// How often the scheduler takes the turn from a thread that could go on, at most.
const DEPTH: usize = 4;

/// By chance, and by the schedules that find a fault of this depth with a known probability.
fn in_many_interleavings(work: impl Fn() + Send + Sync + Copy + 'static) {
    let mut config = shuttle::Config::new();
    // moka's housekeeping takes more than the default.
    config.stack_size = 1 << 20;
    Runner::new(RandomScheduler::new(RUNS), config.clone()).run(work);
    Runner::new(PctScheduler::new(DEPTH, RUNS), config).run(work);
}

type Work = Box<dyn FnOnce(&MokaStore) + Send>;

/// Runs these on threads of their own.
fn together(store: &Arc<MokaStore>, works: Vec<Work>) {
    let run = |work: Work| {
        let store = Arc::clone(store);
        thread::spawn(move || work(&store))
    };
    let threads: Vec<_> = works.into_iter().map(run).collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Room for two visitors and three sessions of users.
fn small() -> Arc<MokaStore> {
    let builder = MokaStore::builder().max_anonymous(2).max_signed_in(3);
    Arc::new(builder.build().unwrap())
}

#[test]
fn moka_and_the_stripes_agree_once_all_are_done() {
    in_many_interleavings(|| {
        let store = small();
        let work = || {
            Box::new(|store: &MokaStore| {
                for _ in 0..4 {
                    let number = thread_rng().gen_range(0..5);
                    let request = match number % 2 {
                        0 => visitor(number, START, 10),
                        _ => user(number, &subject(number), START, 10),
                    };
                    let record = &request.record;
                    match thread_rng().gen_range(0..5) {
                        0 | 1 => drop(now_ready(store.create(&request, START))),
                        2 => drop(now_ready(store.delete(&delete(record), START))),
                        3 => {
                            let later = START.plus(IDLE / 2);
                            let subject = record.subject();
                            let _ = now_ready(store.touch(record.id(), subject, later));
                        }
                        _ => {
                            let larger = update(record, Revision::FIRST, 500);
                            let _ = now_ready(store.update(&larger, START));
                        }
                    }
                }
            }) as Work
        };
        together(&store, vec![work(), work(), work()]);
        check(&store);
    });
}

#[test]
fn one_of_two_updates_of_one_revision_is_saved() {
    in_many_interleavings(|| {
        let store = small();
        let created = user(1, &subject(1), START, 10);
        let _ = now_ready(store.create(&created, START));
        let saved = Arc::new(shuttle::sync::atomic::AtomicUsize::new(0));
        let work = |len| {
            let (saved, request) = (
                Arc::clone(&saved),
                update(&created.record, Revision::FIRST, len),
            );
            Box::new(move |store: &MokaStore| {
                if let UpdateOutcome::Saved { .. } = now_ready(store.update(&request, START)) {
                    saved.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                }
            }) as Work
        };
        together(&store, vec![work(20), work(30), work(40)]);
        assert_eq!(saved.load(std::sync::atomic::Ordering::SeqCst), 1);
        check(&store);
    });
}

#[test]
fn what_has_ended_is_never_found_again() {
    in_many_interleavings(|| {
        let store = small();
        let created = user(1, &subject(1), START, 10);
        let (id, owner) = (created.record.id(), subject(1));
        let _ = now_ready(store.create(&created, START));
        let ends = {
            let request = delete(&created.record);
            Box::new(move |store: &MokaStore| {
                let ended = now_ready(store.delete(&request, START));
                assert!(matches!(ended, DeleteOutcome::Deleted { .. }));
                assert!(!is_there(store, id, START));
            }) as Work
        };
        let changes = {
            let request = update(&created.record, Revision::FIRST, 20);
            Box::new(move |store: &MokaStore| {
                let _ = now_ready(store.update(&request, START));
                let touched = now_ready(store.touch(id, Some(&owner), START.plus(IDLE / 2)));
                if touched == TouchOutcome::Missing {
                    assert!(!is_there(store, id, START));
                }
            }) as Work
        };
        together(&store, vec![ends, changes]);
        assert!(!is_there(&store, id, START));
        check(&store);
    });
}

/// A sign-in that began before the user was revoked is refused, or is ended.
#[test]
fn who_signs_in_while_the_user_is_revoked_is_signed_in_nowhere() {
    in_many_interleavings(|| {
        let store = small();
        let owner = subject(1);
        let until = START.plus(OVERALL);
        let generation = now_ready(store.begin(&owner, until, START));
        let mut created = user(1, &owner, START, 10);
        created.generation = Some(generation);
        let id = created.record.id();
        let signs_in = Box::new(move |store: &MokaStore| {
            let outcome = now_ready(store.create(&created, START));
            let known = matches!(
                outcome,
                CreateOutcome::Created { .. } | CreateOutcome::Superseded
            );
            assert!(known, "{outcome:?}");
        }) as Work;
        let revokes = Box::new(move |store: &MokaStore| {
            let request = Revoke {
                subject: owner,
                kind: RevokeKind::All,
                write_id: WriteId::random(),
            };
            let _ = now_ready(store.revoke(&request, START));
        }) as Work;
        together(&store, vec![signs_in, revokes]);
        assert!(!is_there(&store, id, START));
        let page = Page {
            after: None,
            limit: 10,
        };
        let listed = now_ready(store.token_set(&subject(1), &page, START));
        assert!(listed.sessions.is_empty());
        check(&store);
    });
}
