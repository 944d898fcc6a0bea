//! What random scripts reach.

use std::collections::BTreeMap;

use cloakroom_core::store::{
    CreateOutcome, DeleteOutcome, LoadOutcome, RenewOutcome, RevokeKind, TouchOutcome,
    UpdateOutcome,
};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

use crate::model::{Op, Outcome, runner, scripts};
use crate::reference::MemoryHarness;

/// Everything of interest that can happen. A script that never gets there tests nothing there.
const EVERYTHING: [&str; 42] = [
    "begin: new",
    "begin: the same again",
    "create: anonymous",
    "create: signed in",
    "create: evicting",
    "create: repeated",
    "create: over an ending",
    "create: in place of another",
    "create: in place of itself",
    "create: duplicate",
    "create: duplicate of an ended one",
    "create: cap reached",
    "create: superseded",
    "create: conflict",
    "create: missing",
    "load: found",
    "load: found by an old id",
    "load: reused",
    "load: replaced",
    "load: ended",
    "load: absent",
    "update: saved",
    "update: conflict",
    "update: missing",
    "touch: touched",
    "touch: missing",
    "renew: renewed",
    "renew: renewed once more",
    "renew: renewed to another id",
    "renew: already renewed",
    "renew: missing",
    "renew: duplicate",
    "delete: deleted",
    "delete: deleted once more",
    "delete: conflict",
    "delete: missing",
    "revoke: one",
    "revoke: all",
    "revoke: all but one",
    "revoke: repeated",
    "list: some on several pages",
    "purge: some gone",
];

#[test]
fn random_scripts_reach_every_outcome() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let mut source = TestRunner::deterministic();
    let mut reached = BTreeMap::new();
    for _ in 0..400 {
        let script = scripts(100).new_tree(&mut source).expect("a script");
        let ran = runtime.block_on(runner::run::<MemoryHarness>(&script.current()));
        for what in label(&ran.expect("the reference store keeps the contract")) {
            *reached.entry(what).or_insert(0) += 1;
        }
    }
    let missed: Vec<_> = EVERYTHING
        .iter()
        .filter(|what| reached.get(*what).is_none_or(|times| *times < 2))
        .collect();
    assert!(
        missed.is_empty(),
        "hardly reached: {missed:?}, of {reached:#?}"
    );
}

fn label(seen: &runner::Seen) -> Vec<&'static str> {
    let mut labels = Vec::new();
    let mut generations = Vec::new();
    let mut renewed = Vec::new();
    let mut deleted = Vec::new();
    for (op, outcome) in seen {
        labels.push(match (op, outcome) {
            (_, Outcome::Begun(generation)) => {
                if generations.contains(generation) {
                    "begin: the same again"
                } else {
                    generations.push(*generation);
                    "begin: new"
                }
            }
            (Op::Create(request), Outcome::Created(outcome)) => created(request, outcome),
            (Op::Load(id), Outcome::Loaded(outcome)) => match outcome {
                LoadOutcome::Found(record) if record.id() == *id => "load: found",
                LoadOutcome::Found(_) => "load: found by an old id",
                LoadOutcome::Reused(_) => "load: reused",
                LoadOutcome::Replaced { .. } => "load: replaced",
                LoadOutcome::Ended { .. } => "load: ended",
                LoadOutcome::Absent => "load: absent",
            },
            (_, Outcome::Updated(outcome)) => match outcome {
                UpdateOutcome::Saved { .. } => "update: saved",
                UpdateOutcome::Conflict { .. } => "update: conflict",
                UpdateOutcome::Missing => "update: missing",
            },
            (_, Outcome::Touched(TouchOutcome::Touched)) => "touch: touched",
            (_, Outcome::Touched(TouchOutcome::Missing)) => "touch: missing",
            (Op::Renew(request), Outcome::Renewed(RenewOutcome::Renewed)) => {
                let pair = (request.old, request.new);
                let again = renewed.contains(&pair);
                let other = renewed.iter().any(|(old, _)| *old == request.old);
                renewed.push(pair);
                match (again, other) {
                    (true, _) => "renew: renewed once more",
                    (false, true) => "renew: renewed to another id",
                    (false, false) => "renew: renewed",
                }
            }
            (_, Outcome::Renewed(RenewOutcome::AlreadyRenewed)) => "renew: already renewed",
            (_, Outcome::Renewed(RenewOutcome::Duplicate)) => "renew: duplicate",
            (_, Outcome::Renewed(_)) => "renew: missing",
            (Op::Delete(request), Outcome::Deleted(DeleteOutcome::Deleted { .. })) => {
                if deleted.contains(&request.write_id) {
                    "delete: deleted once more"
                } else {
                    deleted.push(request.write_id);
                    "delete: deleted"
                }
            }
            (_, Outcome::Deleted(DeleteOutcome::Conflict { .. })) => "delete: conflict",
            (_, Outcome::Deleted(_)) => "delete: missing",
            (_, Outcome::Revoked(revoked)) if revoked.repeated => "revoke: repeated",
            (Op::Revoke(request), Outcome::Revoked(revoked)) if !revoked.ended.is_empty() => {
                match request.kind {
                    RevokeKind::One(_) => "revoke: one",
                    RevokeKind::All => "revoke: all",
                    RevokeKind::AllExcept(_) => "revoke: all but one",
                }
            }
            (Op::TokenSet { page_size, .. }, Outcome::Listed(listed))
                if listed.len() > *page_size =>
            {
                "list: some on several pages"
            }
            (_, Outcome::Purged(1..)) => "purge: some gone",
            _ => "of less interest",
        });
    }
    labels
}

fn created(request: &cloakroom_core::store::Create, outcome: &CreateOutcome) -> &'static str {
    match outcome {
        CreateOutcome::Created { repeated: true, .. } => "create: repeated",
        CreateOutcome::Created { evicted, .. } if !evicted.is_empty() => "create: evicting",
        CreateOutcome::Created { .. } => match request.replaces {
            _ if request.over.is_some() => "create: over an ending",
            Some(old) if old.id == request.record.id() => "create: in place of itself",
            Some(_) => "create: in place of another",
            None if request.record.subject().is_none() => "create: anonymous",
            None => "create: signed in",
        },
        CreateOutcome::Duplicate { ended_by: None } => "create: duplicate",
        CreateOutcome::Duplicate { .. } => "create: duplicate of an ended one",
        CreateOutcome::CapReached => "create: cap reached",
        CreateOutcome::Superseded => "create: superseded",
        CreateOutcome::Conflict { .. } => "create: conflict",
        CreateOutcome::Missing => "create: missing",
    }
}
