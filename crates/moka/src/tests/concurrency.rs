//! Many threads at once. Nothing is timed, and every loop ends.

use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use cloakroom_core::store::{CreateOutcome, LoadOutcome, Page, Renew, Revoke, RevokeKind, Update};
use cloakroom_core::{Revision, SessionId, SessionStore, Timestamp, WriteId};

use super::support::*;
use crate::MokaStore;

const THREADS: u64 = 8;

/// Runs the same on every thread, each with its number.
fn on_all_threads(work: impl Fn(u64) + Sync) {
    thread::scope(|scope| {
        for number in 0..THREADS {
            let work = &work;
            scope.spawn(move || work(number));
        }
    });
}

#[test]
fn a_flood_on_many_threads_keeps_to_the_limit_and_signs_nobody_out() {
    const LIMIT: u64 = 50;
    let store = MokaStore::builder()
        .max_anonymous(LIMIT)
        .max_signed_in(THREADS * 10)
        .build()
        .unwrap();
    on_all_threads(|thread| {
        for number in 0..10 {
            let request = user(thread * 10 + number, &subject(thread), START, 10);
            let _ = now_ready(store.create(&request, START));
        }
        for number in 0..2_000 {
            let request = visitor(thread * 10_000 + number, START, 10);
            let outcome = now_ready(store.create(&request, START));
            assert!(matches!(outcome, CreateOutcome::Created { .. }));
            // Each call at work may have stored one that it has not settled yet. By the number that is
            // kept: `count` walks over the stripes, while sessions come before it and go behind it.
            let visitors = store.table().budgets.anonymous.as_ref().unwrap();
            assert!(visitors.sessions() <= LIMIT + THREADS);
        }
    });
    for number in 0..THREADS * 10 {
        let id = id(number, Some(&subject(number / 10)));
        assert!(matches!(
            now_ready(store.load(id, START)),
            LoadOutcome::Found(_)
        ));
    }
    assert_eq!(now_ready(store.count(START)), LIMIT + THREADS * 10);
    assert_eq!(store.evicted(), THREADS * 2_000 - LIMIT);
    check(&store);
}

#[test]
fn creating_changing_and_ending_the_same_sessions_leaves_moka_with_those_that_live() {
    for seed in 0..20 {
        let store = MokaStore::builder()
            .max_anonymous_bytes(1 << 24)
            .max_signed_in_bytes(1 << 24)
            .build()
            .unwrap();
        on_all_threads(|thread| {
            let mut dice = Dice::new(seed * THREADS + thread);
            for _ in 0..500 {
                let number = dice.below(16);
                let request = if number.is_multiple_of(2) {
                    visitor(number, START, 10)
                } else {
                    user(number, &subject(number % 3), START, 10)
                };
                let record = &request.record;
                match dice.below(4) {
                    0 => {
                        // Made again over its own end, as for a token that someone else issued.
                        let mut request = request.clone();
                        if let CreateOutcome::Duplicate { ended_by } =
                            now_ready(store.create(&request, START))
                        {
                            request.over = ended_by;
                            let _ = now_ready(store.create(&request, START));
                        }
                    }
                    1 => {
                        let _ = now_ready(store.delete(&delete(record), START));
                    }
                    _ => {
                        if let LoadOutcome::Found(there) = now_ready(store.load(record.id(), START))
                        {
                            let len = dice.below(5_000) as usize;
                            let request = update(record, there.revision(), len);
                            let _ = now_ready(store.update(&request, START));
                        }
                    }
                }
            }
        });
        println!("seed {seed}");
        check(&store);
    }
}

/// moka counts the weight of a newcomer twice where it hears of its use first, and for good.
#[test]
fn a_session_that_is_used_while_moka_is_told_of_it_is_counted_once() {
    const ROUNDS: u64 = 20_000;
    let store = MokaStore::builder().max_anonymous(ROUNDS).build().unwrap();
    let table = store.table();
    for first in (0..ROUNDS).step_by(1_000) {
        let requests: Vec<_> = (first..first + 1_000)
            .map(|number| visitor(number, START, 10))
            .collect();
        // What creating them leaves to be told, and what using each of them does.
        let tellings: Vec<_> = requests
            .iter()
            .map(|request| {
                let created = table.create_unsettled(request);
                let later = START.plus(Duration::from_secs(1));
                let used = table.touch_unsettled(&request.record, later);
                [created, used].map(|ledger| Mutex::new(Some(ledger)))
            })
            .collect();
        let meeting = Barrier::new(2);
        let tell = |who: usize| {
            let told = tellings.iter().map(|both| {
                let ledger = both[who].lock().unwrap().take().unwrap();
                meeting.wait();
                table.settle(ledger, START)
            });
            // All of them, also after one that fails: the other thread waits for each.
            told.collect::<Vec<_>>()
        };
        let told = thread::scope(|scope| {
            let other = scope.spawn(|| tell(1));
            [tell(0), other.join().unwrap()]
        });
        assert!(told.iter().flatten().all(Result::is_ok));
    }
    check(&store);
}

#[test]
fn everything_at_once_with_next_to_no_room_comes_to_an_end() {
    for seed in 0..8 {
        let store = MokaStore::builder()
            .max_anonymous(2)
            .max_signed_in(3)
            .max_signed_in_bytes(6_000)
            .build()
            .unwrap();
        on_all_threads(|thread| {
            let mut dice = Dice::new(seed * THREADS + thread);
            for step in 0..1_000 {
                let now = Timestamp::from_millis(START.as_millis() + step * 7);
                any_operation(&store, &mut dice, now);
            }
        });
        println!("seed {seed}");
        check(&store);
    }
}

fn any_operation(store: &MokaStore, dice: &mut Dice, now: Timestamp) {
    let number = dice.below(40);
    let subject = subject(number % 4);
    let request = if dice.below(2) == 0 {
        visitor(number, now, 10)
    } else {
        user(number, &subject, now, dice.below(1_000) as usize)
    };
    let record = &request.record;
    match dice.below(12) {
        0..=3 => {
            let _ = now_ready(store.create(&request, now));
        }
        4 => {
            let until = now.plus(IDLE);
            let _ = now_ready(store.begin(&subject, until, now));
        }
        5 => {
            let _ = now_ready(store.touch(record.id(), record.subject(), now));
        }
        6 => {
            let expected = Revision::from_stored(1 + dice.below(3));
            let request = Update {
                touch: true,
                ..update(record, expected, dice.below(1_000) as usize)
            };
            let _ = now_ready(store.update(&request, now));
        }
        7 => {
            let mut bytes = *id(100 + dice.below(1_000), record.subject()).as_bytes();
            bytes[..2].copy_from_slice(&record.id().placement().to_bytes());
            let request = Renew {
                old: record.id(),
                new: SessionId::from_stored(bytes),
                subject: record.subject().cloned(),
                grace: IDLE,
            };
            let _ = now_ready(store.renew(&request, now));
        }
        8 => {
            let _ = now_ready(store.delete(&delete(record), now));
        }
        9 => {
            let request = Revoke {
                subject,
                kind: RevokeKind::AllExcept(record.id()),
                write_id: WriteId::random(),
            };
            let _ = now_ready(store.revoke(&request, now));
        }
        10 => {
            let page = Page {
                after: None,
                limit: 3,
            };
            let _ = now_ready(store.token_set(&subject, &page, now));
            let _ = now_ready(store.scan(&page, now));
            let _ = now_ready(store.count(now));
        }
        _ => {
            let _ = now_ready(store.purge_expired(5, now.plus(IDLE)));
        }
    }
    let _ = now_ready(store.load(record.id(), now));
}

/// The same throws for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
