//! What holds of a shelf after every operation.

use cloakroom_core::semantics::Entry;
use cloakroom_core::store::{CreateOutcome, Listed};
use cloakroom_core::{SessionId, Subject, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::request::{Answer, Attempts, Request};
use crate::script::{Script, cap, spoil, steps};
use crate::support::MapShelf;

fn check(shelf: &MapShelf, now: Timestamp) -> Result<(), TestCaseError> {
    for (subject, members) in &shelf.members {
        prop_assert!(shelf.heads.contains_key(subject), "members without a head");
        let counts = |id: &&SessionId| match shelf.entries.get(id) {
            Some(Entry::Live(record)) => !record.deadline().is_over(now),
            _ => false,
        };
        let max = cap().max() as usize;
        prop_assert!(
            members.iter().filter(counts).count() <= max,
            "{:?}",
            members
        );
        // With what is over and not swept away yet: a set stays small without a broom. One more may have come
        // when it was over already, and goes with the next that comes.
        prop_assert!(members.len() <= max + 1, "{:?}", members);
    }
    for (id, entry) in &shelf.entries {
        match entry {
            Entry::Live(record) => {
                prop_assert_eq!(record.id(), *id);
                let belongs = record.subject().is_none_or(|subject| {
                    shelf
                        .members
                        .get(subject)
                        .is_some_and(|set| set.contains(id))
                });
                prop_assert!(belongs || record.deadline().is_over(now), "{:?}", record);
            }
            Entry::Renewed(renewed) => {
                prop_assert_ne!(renewed.next, *id);
                // Each renewal still leads on while it is remembered.
                if let Some(Entry::Renewed(next)) = shelf.entries.get(&renewed.next) {
                    prop_assert!(renewed.until <= next.until, "{:?}", shelf);
                }
            }
            Entry::Ended(_) | Entry::Damaged | Entry::NewerVersion => {}
        }
    }
    Ok(())
}

/// Whether it would make an id anew that an older renewal still leads to. No handle does: it draws its
/// ids at random, and renews no token that somebody else issued.
fn recycles(request: &Request, shelf: &MapShelf) -> bool {
    let new = match request {
        Request::Create(create, _) => create.record.id(),
        Request::Renew(renew) => renew.new,
        _ => return false,
    };
    let leads_there =
        |entry: &Entry| matches!(entry, Entry::Renewed(renewed) if renewed.next == new);
    shelf.entries.values().any(leads_there)
}

/// Whose session each id names that an answer gives away or ends; none where it is anonymous.
fn concerned<'a>(
    request: &'a Request,
    answer: &Answer,
    before: &MapShelf,
) -> Vec<(&'a Subject, Option<Subject>)> {
    let (subject, ids) = match (request, answer) {
        (Request::TokenSet(subject, _), Answer::Listed(listed)) => {
            (subject, listed.iter().map(Listed::id).collect())
        }
        (Request::Revoke(revoke), Answer::Revoked(revoked)) => {
            (&revoke.subject, revoked.ended.clone())
        }
        (Request::Create(create, _), Answer::Created(CreateOutcome::Created { evicted, .. }))
            if let Some(subject) = create.record.subject() =>
        {
            (subject, evicted.clone())
        }
        _ => return Vec::new(),
    };
    ids.iter()
        .filter_map(|id| match before.entries.get(id) {
            Some(Entry::Live(record)) => Some((subject, record.subject().cloned())),
            _ => None,
        })
        .collect()
}

proptest! {
    #[test]
    fn nobody_sees_or_ends_the_sessions_of_another(steps in steps()) {
        let mut script = Script::default();
        let mut shelf = MapShelf::default();
        let mut attempts = Attempts::default();
        for step in &steps {
            spoil(step, &mut shelf, script.now);
            let Some(request) = script.next(step) else { continue };
            let before = shelf.clone();
            if let Ok(answer) = request.carry_out(&mut shelf, &mut attempts, script.now) {
                for (asked, owner) in concerned(&request, &answer, &before) {
                    prop_assert_eq!(Some(asked), owner.as_ref(), "{:?}", request);
                }
            }
        }
    }

    #[test]
    fn without_damage_every_member_has_its_record(steps in steps()) {
        let mut script = Script::default();
        let mut shelf = MapShelf::default();
        let mut attempts = Attempts::default();
        for step in &steps {
            let Some(request) = script.next(step) else { continue };
            let _ = request.carry_out(&mut shelf, &mut attempts, script.now);
            for (subject, members) in &shelf.members {
                for id in members {
                    let owner = match shelf.entries.get(id) {
                        Some(Entry::Live(record)) => record.subject(),
                        _ => None,
                    };
                    prop_assert_eq!(owner, Some(subject), "{:?}", request);
                }
            }
        }
    }

    #[test]
    fn records_and_token_sets_agree_and_caps_hold(steps in steps()) {
        let mut script = Script::default();
        let mut shelf = MapShelf::default();
        let mut attempts = Attempts::default();
        for step in &steps {
            spoil(step, &mut shelf, script.now);
            if let Some(request) = script.next(step).filter(|request| !recycles(request, &shelf)) {
                let _ = request.carry_out(&mut shelf, &mut attempts, script.now);
                check(&shelf, script.now)?;
            }
        }
    }
}
