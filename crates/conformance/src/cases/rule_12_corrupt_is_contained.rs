//! Rule 12: a damaged record, and one of a newer version, harm nobody and can be ended.

use crate::suite::prelude::*;

/// Rule 12: whichever byte is damaged, the answer is that the record is damaged: no panic, no other
/// session, and no newer version that nobody wrote.
pub async fn every_damaged_byte_is_found<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let record = store
        .record(&subject("flipped"), now)
        .with_label(Some(label("A label")));
    let record = store.add(record, now).await;
    let intact = stored(&stage, record.id()).await;
    for at in 0..intact.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = intact.clone();
            bytes[at] ^= flip;
            is_damaged(
                &stage,
                record.id(),
                bytes,
                &format!("byte {at} ^ {flip:#x}"),
            )
            .await;
        }
    }
    stage.tamper().write_record(record.id(), intact).await;
    assert_eq!(
        *store.found(record.id(), now).await,
        record,
        "the damage was in the bytes"
    );
}

/// Rule 12: so is a record that was cut, or that something was added to.
pub async fn every_wrong_length_is_found<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let record = stage.store.sign_in(&subject("cut"), stage.start).await;
    let intact = stored(&stage, record.id()).await;
    for len in 0..intact.len() {
        let cut = intact[..len].to_vec();
        is_damaged(&stage, record.id(), cut, &format!("cut to {len}")).await;
    }
    for more in [&[0][..], &[0; 100], b"CR"] {
        let longer = [&intact, more].concat();
        is_damaged(&stage, record.id(), longer, &format!("with {more:?}")).await;
    }
    is_damaged(&stage, record.id(), vec![0xff; 5_000], "only ones").await;
}

/// Rule 12: the bytes of another session are damage, never that session.
pub async fn a_record_of_another_id_is_damaged<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("moved");
    let (mine, other) = (
        store.sign_in(&subject, now).await,
        store.sign_in(&subject, now).await,
    );
    let bytes = stored(&stage, other.id()).await;
    is_damaged(&stage, mine.id(), bytes, "the record of a sibling").await;
    assert_eq!(*store.found(other.id(), now).await, other);
}

/// Rule 12: what cannot be read is listed as such, and its siblings as ever.
pub async fn what_cannot_be_read_is_listed<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("mixed");
    let mut expected = Vec::new();
    for kind in [
        None,
        Some(Listed::Damaged as fn(SessionId) -> Listed),
        Some(Listed::NewerVersion),
    ] {
        let record = store.sign_in(&subject, now).await;
        expected.push(match kind {
            None => Listed::Session(record.info()),
            Some(listed) => listed(record.id()),
        });
        match expected.last() {
            Some(Listed::Damaged(id)) => damage(&stage, *id).await,
            Some(Listed::NewerVersion(id)) => make_newer(&stage, *id).await,
            _ => {}
        }
    }
    expected.sort_by_key(Listed::id);
    for limit in [1, 100] {
        let mut listed = store.list_by(limit, &subject, now).await;
        listed.sort_by_key(Listed::id);
        assert_eq!(listed, expected, "the token set");
        let mut scanned = store.scan_by(limit, now).await;
        scanned.sort_by_key(Listed::id);
        assert_eq!(scanned, expected, "the scan");
    }
}

/// Rule 12: it can be revoked, alone and with all others.
pub async fn what_cannot_be_read_is_revoked<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    for newer in [false, true] {
        let subject = subject(&format!("revoked, newer: {newer}"));
        let kept = store.sign_in(&subject, now).await;
        for one in [Some(RevokeKind::One as fn(SessionId) -> RevokeKind), None] {
            let record = unreadable(&stage, &subject, newer).await;
            let kind = one.map_or(RevokeKind::AllExcept(kept.id()), |one| one(record.id()));
            let revoked = store.revoke(&revoke(&subject, kind), now).await;
            assert_eq!(revoked.ended, [record.id()], "{kind:?}");
            is_gone(&stage, &record).await;
        }
        let record = unreadable(&stage, &subject, newer).await;
        let revoked = store.revoke(&revoke(&subject, RevokeKind::All), now).await;
        assert!(revoked.ended.contains(&record.id()) && revoked.ended.contains(&kept.id()));
        is_gone(&stage, &record).await;
        assert_eq!(stage.tamper().stored_members(&subject).await, 0);
    }
}

/// Rule 12: it is revoked within its own set only.
pub async fn what_cannot_be_read_is_revoked_by_its_subject_only<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("owner");
    let record = unreadable(&stage, &subject, false).await;
    let stranger = crate::suite::requests::subject("stranger");
    store.sign_in(&stranger, now).await;
    let request = revoke(&stranger, RevokeKind::One(record.id()));
    assert!(store.revoke(&request, now).await.ended.is_empty());
    assert_eq!(store.ids(&subject, now).await, [record.id()].into());
}

/// Rule 12: it can be deleted, whether its subject is known or not, and leaves the set.
pub async fn what_cannot_be_read_is_deleted<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    for newer in [false, true] {
        for known in [true, false] {
            let subject = subject(&format!("deleted, newer: {newer}, known: {known}"));
            let record = unreadable(&stage, &subject, newer).await;
            let request = Delete {
                subject: known.then(|| subject.clone()),
                ..delete(&record)
            };
            let outcome = store.delete(&request, now).await;
            assert!(
                matches!(outcome, DeleteOutcome::Deleted { .. }),
                "{outcome:?}"
            );
            is_gone(&stage, &record).await;
            let request = Create {
                cap: cap(1, OnCap::Refuse),
                ..create(&store.record(&subject, now))
            };
            let outcome = store.create(&request, now).await;
            let created = matches!(outcome, CreateOutcome::Created { .. });
            assert!(created, "what was deleted counts for the cap: {outcome:?}");
        }
    }
    let visitor = store.visit(now).await;
    damage(&stage, visitor.id()).await;
    let outcome = store.delete(&delete(&visitor), now).await;
    assert!(
        matches!(outcome, DeleteOutcome::Deleted { .. }),
        "{outcome:?}"
    );
    is_gone(&stage, &visitor).await;
}

/// Rules 5 and 12: the member that a deletion without a subject left behind does not stay for ever.
pub async fn a_member_left_behind_goes<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("left-behind");
    let record = unreadable(&stage, &subject, false).await;
    let request = Delete {
        subject: None,
        ..delete(&record)
    };
    let _ = store.delete(&request, now).await;
    // Read, and pruned by a sweep once nothing is remembered.
    assert_eq!(store.ids(&subject, now).await.len(), 0);
    let later = now.plus(days(30));
    stage.tamper().expire(later.plus(days(1))).await;
    store.purge_all(100, later).await;
    assert_eq!(stage.tamper().stored_members(&subject).await, 0);
}

/// Rule 12: the id of a record that cannot be read is in use, and an old id in grace leads to it.
pub async fn what_cannot_be_read_is_still_there<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("still-there");
    let old = store.sign_in(&subject, now).await;
    let renewal = renew(&old, hours(1));
    assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Renewed);
    damage(&stage, renewal.new).await;
    let error = store.raw().load(old.id(), now).await;
    assert_eq!(error.expect_err("it is damaged").kind(), ErrorKind::Corrupt);

    let timeouts = Timeouts::default();
    let again = Record::signed_in(
        renewal.new,
        subject.clone(),
        now,
        timeouts,
        payload("again"),
    );
    let outcome = store.create(&create(&again), now).await;
    assert_eq!(outcome, CreateOutcome::Duplicate { ended_by: None });

    let request = revoke(&subject, RevokeKind::One(old.id()));
    assert_eq!(store.revoke(&request, now).await.ended, [renewal.new]);
    assert_eq!(
        store.load(old.id(), now).await,
        LoadOutcome::Ended { at: now }
    );
}

async fn is_damaged<H: Harness>(stage: &Stage<H>, id: SessionId, bytes: Vec<u8>, how: &str) {
    stage.tamper().write_record(id, bytes).await;
    match stage.store.raw().load(id, stage.start).await {
        Err(error) => assert_eq!(error.kind(), ErrorKind::Corrupt, "{how}"),
        Ok(answer) => panic!("{how}: load answers {answer:?}"),
    }
}

async fn is_gone<H: Harness>(stage: &Stage<H>, record: &Record) {
    let (store, now) = (&stage.store, stage.start);
    assert_eq!(
        store.load(record.id(), now).await,
        LoadOutcome::Ended { at: now }
    );
    assert!(!store.all_ids(now).await.contains(&record.id()), "scanned");
    if let Some(subject) = record.subject() {
        assert!(
            !store.ids(subject, now).await.contains(&record.id()),
            "listed"
        );
    }
    let retried = store.create(&create(record), now).await;
    let refused = matches!(retried, CreateOutcome::Duplicate { ended_by: Some(_) });
    assert!(refused, "a retried create after the end: {retried:?}");
}
