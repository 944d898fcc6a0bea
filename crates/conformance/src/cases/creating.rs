//! `create` and `load`: what is stored comes back.

use bytes::Bytes;
use cloakroom_core::{Label, Payload};

use crate::suite::prelude::*;

/// Everything that a record holds comes back as it was stored, from every host.
pub async fn a_record_comes_back_whole<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let elsewhere = stage.second_host().await;
    let subject = subject("whole");
    let timeouts = Timeouts::new(millis(1_234_567), millis(7_654_321)).expect("milliseconds");
    let plain = store.record(&subject, now);
    let records = [
        plain.clone(),
        store.anonymous(now),
        store
            .record_for(&subject, timeouts, now)
            .with_label(Some(label("Firefox — on “Linux” 🧥 <b>&amp;")))
            .with_created(Timestamp::from_millis(now.as_millis() - 86_400_001))
            .with_remembered(true),
        store.record(&subject, now).with_external(),
        store
            .anonymous(now)
            .with_label(Some(label(&"x".repeat(Label::MAX_LEN)))),
    ];
    for record in records {
        store.add(record.clone(), now).await;
        for host in [store, &elsewhere] {
            assert_eq!(*host.found(record.id(), now).await, record);
        }
    }
}

/// Data of any bytes, any codec and any size up to a mebibyte come back as they were stored. Failure
/// 11 of its peers: some data, `__proto__` among them, are dropped or crash the store.
pub async fn any_data_come_back<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("any-data");
    let every_byte: Vec<u8> = (0..=255).collect();
    let large: Vec<u8> = (0..1 << 20)
        .map(|n: u32| n.wrapping_mul(2_654_435_761).to_le_bytes()[2])
        .collect();
    let all: [&[u8]; 8] = [
        b"",
        b"\0",
        br#"{"__proto__":{"id":1},"save":null,"id":"x","cookie":{}}"#,
        b"CR\x01\xfe",
        b"-1",
        "\u{1f9e5}\r\n*1\r\n$4\r\nPING\r\n".as_bytes(),
        &every_byte,
        &large,
    ];
    for (codec, data) in (0..=255).rev().zip(all) {
        let data = Payload {
            codec,
            bytes: Bytes::copy_from_slice(data),
        };
        let id = store.new_id(&subject);
        let record = Record::signed_in(id, subject.clone(), now, Timeouts::default(), data);
        store.add(record.clone(), now).await;
        assert_eq!(*store.found(record.id(), now).await, record);
        let change = Update {
            payload: record.payload().clone(),
            ..update(&store.sign_in(&subject, now).await, "other")
        };
        assert!(matches!(
            store.update(&change, now).await,
            UpdateOutcome::Saved { .. }
        ));
        assert_eq!(
            store.found(change.id, now).await.payload(),
            record.payload()
        );
    }
}

/// What one host has stored or ended, every other sees at its next call, whatever it has read before.
/// Failure 5 of its peers: a node goes on serving a deleted session from its cache.
pub async fn hosts_see_one_another_at_once<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (here, now) = (&stage.store, stage.start);
    let there = stage.second_host().await;
    let subject = subject("two-hosts");
    let record = here.sign_in(&subject, now).await;
    let id = record.id();
    assert_eq!(*there.found(id, now).await, record);

    let change = update(&record, "changed here");
    assert!(matches!(
        here.update(&change, now).await,
        UpdateOutcome::Saved { .. }
    ));
    assert_eq!(
        *there.found(id, now).await.payload(),
        payload("changed here")
    );
    let at = now.plus(minutes(1));
    assert_eq!(here.touch(&record, at).await, TouchOutcome::Touched);
    assert_eq!(there.found(id, at).await.last_seen(), at);
    assert_eq!(there.ids(&subject, at).await, [id].into());

    let renewal = renew(&record, Duration::ZERO);
    assert_eq!(here.renew(&renewal, at).await, RenewOutcome::Renewed);
    assert!(matches!(there.load(id, at).await, LoadOutcome::Reused(_)));
    let renewed = there.found(renewal.new, at).await;
    let outcome = here.delete(&delete(&renewed), at).await;
    assert!(matches!(outcome, DeleteOutcome::Deleted { .. }));
    assert_eq!(there.load(renewal.new, at).await, LoadOutcome::Ended { at });
    assert_eq!(there.count(at).await, 0);
}

/// A read that runs while a session is deleted does not bring it back. Failure 5 of its peers: a
/// cache that is filled late does.
pub async fn a_read_racing_a_delete_fills_no_cache<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    for round in 0..20 {
        let record = stage.store.visit(now).await;
        let id = record.id();
        let reads = (0..4).map(|_| {
            let store = stage.store.clone();
            async move { drop(store.load(id, now).await) }
        });
        let (store, request) = (stage.store.clone(), delete(&record));
        let deletes = async move { store.delete(&request, now).await };
        let (outcome, _) = against(deletes, reads).await;
        assert!(matches!(outcome, DeleteOutcome::Deleted { .. }));
        let answer = stage.store.load(id, now).await;
        assert_eq!(answer, LoadOutcome::Ended { at: now }, "round {round}");
    }
}

/// An externally issued token is signed in again over its own session, in one step.
pub async fn a_session_can_replace_itself<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("external");
    let first = store.sign_in(&subject, now).await;
    let data = payload("again");
    let id = first.id();
    let again = Record::signed_in(id, subject.clone(), now, Timeouts::default(), data);
    let request = Create {
        replaces: at_revision(&first),
        cap: cap(1, OnCap::Refuse),
        ..create(&again)
    };
    for repeated in [false, true] {
        let evicted = Vec::new();
        let outcome = store.create(&request, now).await;
        assert_eq!(outcome, CreateOutcome::Created { evicted, repeated });
    }
    assert_eq!(*store.found(id, now).await, again);
    assert_eq!(store.ids(&subject, now).await, [id].into());
}

/// A session that comes after its own deadline is over already, and takes the place of what it came over
/// as if it had been in time: the ending is told no more, and nothing from before it comes back.
pub async fn a_session_that_comes_too_late_is_over<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("too-late");
    let short = Timeouts::new(seconds(10), minutes(1)).expect("an idle timeout and a longer one");
    let late = now.plus(seconds(10));
    let first = store.add(store.record_for(&subject, short, now), now).await;
    let id = first.id();
    let ending = delete(&first);
    let deleted = store.delete(&ending, now).await;
    assert!(matches!(deleted, DeleteOutcome::Deleted { .. }));
    assert_eq!(store.load(id, late).await, LoadOutcome::Ended { at: now });

    let again = Record::signed_in(id, subject.clone(), now, short, payload("again"));
    let again = Create {
        over: Some(ending.write_id),
        ..create(&again)
    };
    let (evicted, repeated) = (Vec::new(), false);
    let outcome = store.create(&again, late).await;
    assert_eq!(outcome, CreateOutcome::Created { evicted, repeated });
    assert_eq!(store.load(id, late).await, LoadOutcome::Absent);
    assert!(store.ids(&subject, late).await.is_empty());
    // The answer to the first was lost, say, and it is sent again as it was.
    let outcome = store.create(&create(&first), now).await;
    assert_eq!(outcome, CreateOutcome::Duplicate { ended_by: None });
}

/// Rule 10. Failure 21 of its peers: a script that fails half-way leaves its first half. A create that
/// cannot read what it replaces is an error, and evicts nobody, stores nothing and supersedes nothing.
pub async fn a_create_that_fails_changes_nothing<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    for on_cap in [OnCap::EvictOldest, OnCap::EvictLeastRecentlySeen] {
        let subject = subject(&format!("{on_cap:?}"));
        let until = now.plus(minutes(10));
        let began_with = store.begin(&subject, until, now).await;
        let others = [
            store.sign_in(&subject, now).await,
            store.sign_in(&subject, now).await,
        ];
        let old = unreadable(&stage, &subject, false).await;
        let before = store.ids(&subject, now).await;
        let next = store.record(&subject, now);
        let request = Create {
            cap: cap(2, on_cap),
            replaces: at_revision(&old),
            ..create(&next)
        };
        let error = store.raw().create(&request, now).await;
        let kind = error.expect_err("replacing needs the record").kind();
        assert_eq!(kind, ErrorKind::Corrupt);
        for other in others {
            assert_eq!(*store.found(other.id(), now).await, other, "evicted");
        }
        assert_eq!(store.load(next.id(), now).await, LoadOutcome::Absent);
        assert_eq!(store.ids(&subject, now).await, before);
        assert_eq!(store.begin(&subject, until, now).await, began_with);
    }
}
