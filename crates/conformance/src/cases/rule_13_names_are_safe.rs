//! Rule 13: any subject works, and no subject or id can reach another's keys.

use std::collections::{BTreeSet, HashMap};

use crate::suite::names::awkward_subjects;
use crate::suite::prelude::*;
use crate::suite::requests::id_of;

/// Rule 13: every subject has a set of its own, whatever its name, and no listing shows another's.
pub async fn every_name_has_a_set_of_its_own<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let mut expected = Vec::new();
    for subject in awkward_subjects() {
        let ids = [
            store.sign_in(&subject, now).await,
            store.sign_in(&subject, now).await,
        ];
        expected.push((subject, BTreeSet::from(ids.map(|record| record.id()))));
    }
    let mut generations = BTreeSet::new();
    for (subject, ids) in &expected {
        let until = now.plus(minutes(10));
        let generation = store.begin(subject, until, now).await;
        assert!(
            generations.insert(*generation.as_bytes()),
            "{subject:?} has the generation of another"
        );
        assert_eq!(
            store.ids(subject, now).await,
            *ids,
            "the set of {subject:?}"
        );
        for id in ids {
            assert_eq!(store.found(*id, now).await.subject(), Some(subject));
        }
    }
    assert_eq!(store.count(now).await, 2 * expected.len() as u64);
}

/// Rule 13. Failure 16 of its peers: clearing what begins like a name clears another's as well.
/// Revoking one ends nobody else's sessions and supersedes nobody else's sign-in.
pub async fn revoking_one_name_leaves_the_others<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let until = now.plus(minutes(10));
    let mut all = Vec::new();
    for subject in awkward_subjects() {
        let generation = store.begin(&subject, until, now).await;
        all.push((store.sign_in(&subject, now).await, generation));
    }
    for (at, (record, generation)) in all.iter().enumerate() {
        let subject = record.subject().expect("the session of a subject");
        let outcome = store.revoke(&revoke(subject, RevokeKind::All), now).await;
        assert_eq!(outcome.ended, [record.id()], "all of {subject:?}");
        assert_ne!(
            store.begin(subject, until, now).await,
            *generation,
            "{subject:?}"
        );
        let others = &all[at + 1..];
        assert_eq!(
            store.all_ids(now).await.len(),
            others.len(),
            "after all of {subject:?}"
        );
        // The nearest on the list are the likeliest to be taken for it.
        for (other, generation) in others.iter().take(12) {
            let other = other.subject().expect("the session of a subject");
            let present = store.begin(other, until, now).await;
            assert_eq!(present, *generation, "{subject:?} superseded {other:?}");
        }
    }
}

/// Rule 13: two subjects in one placement share a lock or a slot, and nothing else.
pub async fn neighbours_do_not_reach_each_other<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let (subject, neighbour) = neighbours(store);
    let record = store.sign_in(&subject, now).await;
    let theirs = store.sign_in(&neighbour, now).await;
    let until = now.plus(minutes(10));
    let began_with = store.begin(&neighbour, until, now).await;

    let posing = Create {
        replaces: at_revision(&theirs),
        ..create(&store.record(&subject, now))
    };
    assert_eq!(store.create(&posing, now).await, CreateOutcome::Missing);
    posing_is_missing(store, &theirs, Some(&subject), now).await;
    let request = revoke(&subject, RevokeKind::AllExcept(theirs.id()));
    assert_eq!(store.revoke(&request, now).await.ended, [record.id()]);
    let borrowed = Create {
        generation: Some(began_with),
        ..create(&store.record(&subject, now))
    };
    assert_eq!(
        store.create(&borrowed, now).await,
        CreateOutcome::Superseded
    );

    assert_eq!(*store.found(theirs.id(), now).await, theirs);
    assert_eq!(store.ids(&neighbour, now).await, [theirs.id()].into());
    assert_eq!(store.begin(&neighbour, until, now).await, began_with);
}

/// Rule 13: whoever names the wrong subject, or none, or one where there is none, finds nothing.
pub async fn a_wrong_subject_is_missing<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let (subject, neighbour) = neighbours(store);
    let record = store.sign_in(&subject, now).await;
    posing_is_missing(store, &record, Some(&neighbour), now).await;
    let visitor = store.visit(now).await;
    posing_is_missing(store, &visitor, Some(&subject), now).await;

    let nameless = Update {
        subject: None,
        ..update(&record, "nameless")
    };
    assert_eq!(store.update(&nameless, now).await, UpdateOutcome::Missing);
    assert_eq!(
        store.touch_as(record.id(), None, now).await,
        TouchOutcome::Missing
    );
    let nameless = Renew {
        subject: None,
        ..renew(&record, hours(1))
    };
    assert_eq!(store.renew(&nameless, now).await, RenewOutcome::Missing);
    assert_eq!(*store.found(record.id(), now).await, record);
}

/// Rule 13: an id is bytes, whatever they look like, and reaches only itself.
pub async fn awkward_ids_are_only_themselves<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("awkward-ids");
    let place = store.place(&subject);
    let bytes = [
        0x00, 0x01, b':', b'*', b'{', b'}', b'\n', b'?', b'\\', b' ', b'0', 0x7f, 0x80, 0xff,
    ];
    let mut records = Vec::new();
    for byte in bytes {
        let data = payload([byte]);
        let id = id_of(place, byte);
        let record = Record::signed_in(id, subject.clone(), now, Timeouts::default(), data);
        records.push(store.add(record, now).await);
    }
    for limit in [1, 3, 100] {
        assert_eq!(store.list_by(limit, &subject, now).await.len(), bytes.len());
        assert_eq!(store.scan_by(limit, now).await.len(), bytes.len());
    }
    for (at, record) in records.iter().enumerate() {
        assert_eq!(*store.found(record.id(), now).await, *record);
        let request = revoke(&subject, RevokeKind::One(record.id()));
        assert_eq!(store.revoke(&request, now).await.ended, [record.id()]);
        assert_eq!(store.ids(&subject, now).await.len(), bytes.len() - at - 1);
    }
}

async fn posing_is_missing<S: SessionStore>(
    store: &Client<S>,
    record: &Record,
    posing_as: Option<&Subject>,
    now: Timestamp,
) {
    let subject = posing_as.cloned();
    let posing = Update {
        subject: subject.clone(),
        ..update(record, "posing")
    };
    assert_eq!(store.update(&posing, now).await, UpdateOutcome::Missing);
    let later = now.plus(minutes(1));
    let outcome = store.touch_as(record.id(), posing_as, later).await;
    assert_eq!(outcome, TouchOutcome::Missing);
    let posing = Renew {
        subject: subject.clone(),
        ..renew(record, hours(1))
    };
    assert_eq!(store.renew(&posing, now).await, RenewOutcome::Missing);
    let posing = Delete {
        subject,
        ..delete(record)
    };
    assert_eq!(store.delete(&posing, now).await, DeleteOutcome::Missing);
    if let Some(subject) = posing_as {
        let posing = revoke(subject, RevokeKind::One(record.id()));
        assert!(store.revoke(&posing, now).await.ended.is_empty());
    }
    assert_eq!(
        *store.found(record.id(), now).await,
        *record,
        "changed by another subject"
    );
}

/// Two subjects with one placement. Of a few hundred, two share one of the 65,536.
fn neighbours<S: SessionStore>(store: &Client<S>) -> (Subject, Subject) {
    let mut seen = HashMap::new();
    for n in 0.. {
        let subject = subject(&format!("user-{n}"));
        if let Some(neighbour) = seen.insert(store.place(&subject), subject.clone()) {
            return (subject, neighbour);
        }
    }
    unreachable!("there are more names than placements")
}
