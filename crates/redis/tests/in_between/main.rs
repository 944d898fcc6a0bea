//! A change is decided by what was read, and written a round trip later. Whatever comes in between, by
//! another host or by damage, all is as if one of the two had come after the other.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod deed;
mod plan;
#[path = "../support/mod.rs"]
mod support;
mod world;

use std::time::Duration;

use deed::{DEEDS, Deed};
use plan::{Occasion, Plan};
use world::{HOW, How, World};

async fn all_in(occasion: Occasion) {
    let worlds = [World::new().await, World::new().await, World::new().await];
    let [one, two, between] = &worlds;
    let mut number = 0;
    for ours in DEEDS.into_iter().filter(|deed| deed.is_of_a_store()) {
        for theirs in DEEDS {
            for how in HOW.into_iter().filter(|how| how.can_be(occasion)) {
                // Of what it ends, a revocation checks no more than that it is in the set.
                let is_lost = theirs == Deed::LoseSession && occasion == Occasion::Damaged;
                if is_lost && matches!(ours, Deed::RevokeOne | Deed::RevokeAll) {
                    continue;
                }
                number += 1;
                let plan = Plan::new(&one.ours, occasion, number);
                let hand = |after| {
                    let at = plan.now.plus(Duration::from_secs(after));
                    plan.hand(&one.ours, at)
                };
                let hands = [hand(1), hand(2)];
                let (hands, deeds) = match theirs {
                    Deed::TheSame => ([&hands[0], &hands[0]], [ours, ours]),
                    _ => ([&hands[0], &hands[1]], [ours, theirs]),
                };
                let ours_first = one.in_turn(&plan, deeds, hands, true).await;
                let theirs_first = two.in_turn(&plan, deeds, hands, false).await;
                let found = between.in_between(&plan, deeds, hands, how).await;
                let may_be_first = !matches!(how, How::Before);
                assert!(
                    found == theirs_first || may_be_first && found == ours_first,
                    "{ours:?}, and {theirs:?} in between ({occasion:?}, {how:?}): {found:#?}\nif ours were \
                     first: {ours_first:#?}\nif theirs were first: {theirs_first:#?}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_sessions() {
    all_in(Occasion::Two).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_last_session() {
    all_in(Occasion::TheLast).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sessions_that_are_damaged() {
    all_in(Occasion::Damaged).await;
}
