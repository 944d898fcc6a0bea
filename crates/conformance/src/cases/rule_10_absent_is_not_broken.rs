//! Rule 10: corrupt, of an unknown version, misused and absent are different answers.

use cloakroom_core::store::{Cursor, Page, REUSE_MEMORY};
use cloakroom_core::{Error, Operation};

use crate::suite::prelude::*;
use crate::suite::requests::id_of;

/// Rule 10. Failure 20 of its peers: what is broken looks like "no session". A record that cannot be
/// read is an error in every operation that needs it; one that is not there never is.
pub async fn what_cannot_be_read_is_an_error<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    for kind in [ErrorKind::Corrupt, ErrorKind::NewerVersion] {
        let subject = subject(&format!("{kind:?}"));
        for record in [store.sign_in(&subject, now).await, store.visit(now).await] {
            match kind {
                ErrorKind::Corrupt => damage(&stage, record.id()).await,
                _ => make_newer(&stage, record.id()).await,
            }
            refuses(store, &record, kind, now).await;
        }
        let absent = store.record(&subject, now);
        assert_eq!(store.load(absent.id(), now).await, LoadOutcome::Absent);
        let request = update(&absent, "absent");
        assert_eq!(store.update(&request, now).await, UpdateOutcome::Missing);
        assert_eq!(store.touch(&absent, now).await, TouchOutcome::Missing);
    }
}

async fn refuses<S: SessionStore>(
    store: &Client<S>,
    record: &Record,
    kind: ErrorKind,
    now: Timestamp,
) {
    let store = store.raw();
    let is = |error: Error, operation| {
        assert_eq!((error.kind(), error.operation()), (kind, operation));
    };
    let id = record.id();
    let error = store
        .load(id, now)
        .await
        .expect_err("load needs the record");
    is(error, Operation::Load);
    let error = store.update(&update(record, "late"), now).await;
    is(
        error.expect_err("update needs the record"),
        Operation::Update,
    );
    let error = store.touch(id, record.subject(), now).await;
    is(error.expect_err("touch needs the record"), Operation::Touch);
    let error = store.renew(&renew(record, hours(1)), now).await;
    is(error.expect_err("renew needs the record"), Operation::Renew);
    let request = Delete {
        expected: Some(record.revision()),
        ..delete(record)
    };
    let error = store.delete(&request, now).await;
    is(
        error.expect_err("a revision needs the record"),
        Operation::Delete,
    );
    if let Some(subject) = record.subject() {
        let next = random_record(store, subject, now);
        let request = Create {
            replaces: at_revision(record),
            ..create(&next)
        };
        let error = store.create(&request, now).await;
        is(
            error.expect_err("replacing needs the record"),
            Operation::Create,
        );
        let absent = store.load(next.id(), now).await.expect("an absent id");
        assert_eq!(absent, LoadOutcome::Absent, "the refused create wrote");
    }
}

fn random_record(store: &impl SessionStore, subject: &Subject, now: Timestamp) -> Record {
    let id = crate::suite::requests::random_id(store.placement_key().place(subject));
    Record::signed_in(
        id,
        subject.clone(),
        now,
        Timeouts::default(),
        payload("next"),
    )
}

/// Rule 10: a create that would reach beyond one placement is invalid, and nothing is written. Away
/// from its token set, a session could not be revoked.
pub async fn a_create_across_placements_is_invalid<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("here");
    let elsewhere =
        cloakroom_core::Placement::from_bytes(store.place(&subject).to_bytes().map(|b| !b));
    let there = store.sign_in(&subject, now).await;
    let began_with = store.begin(&subject, now.plus(minutes(10)), now).await;
    let timeouts = Timeouts::default();
    let astray = id_of(elsewhere, 7);
    let misplaced = Record::signed_in(astray, subject.clone(), now, timeouts, payload("astray"));
    let anonymous = Record::anonymous(there.id(), now, timeouts, payload("astray"));
    let visitor = store.anonymous(now);

    let invalid = [
        create(&misplaced),
        Create {
            generation: Some(began_with),
            ..create(&visitor)
        },
        Create {
            replaces: at_revision(&there),
            ..create(&visitor)
        },
        Create {
            replaces: at_revision(&there),
            ..create(&anonymous)
        },
        Create {
            replaces: at_revision(&misplaced),
            ..create(&store.record(&subject, now))
        },
    ];
    for request in invalid {
        let error = store.raw().create(&request, now).await;
        let error = error.expect_err("a create across placements is an error");
        let what = (error.kind(), error.operation());
        assert_eq!(
            what,
            (ErrorKind::InvalidInput, Operation::Create),
            "{request:?}"
        );
        if request.record.id() != there.id() {
            let answer = store.load(request.record.id(), now).await;
            assert_eq!(
                answer,
                LoadOutcome::Absent,
                "written all the same: {request:?}"
            );
        }
    }
    assert_eq!(*store.found(there.id(), now).await, there);
    assert_eq!(store.all_ids(now).await, [there.id()].into());
}

/// Rule 10: a renewal that would reach beyond one placement, or beyond what a store remembers, is
/// invalid, and nothing is written.
pub async fn an_impossible_renewal_is_invalid<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("here");
    let record = store.sign_in(&subject, now).await;
    let elsewhere =
        cloakroom_core::Placement::from_bytes(store.place(&subject).to_bytes().map(|b| !b));
    let possible = renew(&record, hours(1));
    let invalid = [
        Renew {
            new: id_of(elsewhere, 7),
            ..possible.clone()
        },
        Renew {
            new: record.id(),
            ..possible.clone()
        },
        Renew {
            grace: REUSE_MEMORY + millis(1),
            ..possible.clone()
        },
    ];
    for request in invalid {
        let error = store.raw().renew(&request, now).await;
        let error = error.expect_err("an impossible renewal is an error");
        let what = (error.kind(), error.operation());
        assert_eq!(
            what,
            (ErrorKind::InvalidInput, Operation::Renew),
            "{request:?}"
        );
        assert_eq!(*store.found(record.id(), now).await, record, "{request:?}");
        assert_eq!(store.all_ids(now).await, [record.id()].into());
    }
    let longest = Renew {
        grace: REUSE_MEMORY,
        ..possible
    };
    assert_eq!(store.renew(&longest, now).await, RenewOutcome::Renewed);
}

/// Rule 10: a cursor that means nothing to the store is an answer of its own, or is made the best of;
/// it is no other error, and no panic.
pub async fn a_lost_cursor_says_so<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("scrolls");
    store.sign_in(&subject, now).await;
    for bytes in [
        &b""[..],
        b"\0",
        b"not a cursor",
        &[0xff; 31],
        &[0xff; 33],
        &[0x80; 4_096],
    ] {
        let page = Page {
            after: Some(Cursor::new(bytes.to_vec())),
            limit: 10,
        };
        if let Err(error) = store.raw().scan(&page, now).await {
            let what = (error.kind(), error.operation());
            assert_eq!(what, (ErrorKind::CursorLost, Operation::Scan));
        }
        if let Err(error) = store.raw().token_set(&subject, &page, now).await {
            let what = (error.kind(), error.operation());
            assert_eq!(what, (ErrorKind::CursorLost, Operation::TokenSet));
        }
    }
}
