//! Rule 11: nothing secret is shown.

use std::error::Error as StdError;
use std::fmt::Write as _;

use crate::suite::prelude::*;

const CANARY: &str = "canary-5f3a-session-data";
const CANARY_SUBJECT: &str = "canary-91cc-subject";
const CANARY_LABEL: &str = "canary-77e0-label";

/// Rule 11: what a store shows of itself shows nothing of the sessions in it.
pub async fn debug_of_the_store_shows_no_session<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let generation = store
        .begin(&subject(CANARY_SUBJECT), now.plus(minutes(10)), now)
        .await;
    canary(store, now).await;
    for shown in [format!("{:?}", store.raw()), format!("{:#?}", store.raw())] {
        shows_nothing(&shown);
        let bytes = format!("{:?}", generation.as_bytes());
        assert!(
            !shown.contains(bytes.trim_matches(['[', ']'])),
            "the generation is shown"
        );
    }
}

/// Rule 11: what an error shows, at every level, shows nothing of the session that it is about.
pub async fn errors_show_no_session<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let record = canary(store, now).await;

    let too_long = Renew {
        grace: days(365),
        ..renew(&record, hours(1))
    };
    let error = store.raw().renew(&too_long, now).await;
    shows_nothing(&everything(&error.expect_err("the grace is too long")));
    let id = store.anonymous(now).id();
    let visitor = Record::anonymous(id, now, Timeouts::default(), payload(CANARY));
    let visitor = Create {
        replaces: at_revision(&record),
        ..create(&visitor)
    };
    let error = store.raw().create(&visitor, now).await;
    shows_nothing(&everything(&error.expect_err("a visitor replaces nobody")));
}

/// Rule 11: nor does an error about a record that cannot be read.
pub async fn errors_about_damage_show_no_session<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let record = canary(store, now).await;
    for newer in [false, true] {
        match newer {
            false => damage(&stage, record.id()).await,
            true => make_newer(&stage, record.id()).await,
        }
        let error = store.raw().load(record.id(), now).await;
        shows_nothing(&everything(&error.expect_err("the record cannot be read")));
        let error = store.raw().update(&update(&record, CANARY), now).await;
        shows_nothing(&everything(&error.expect_err("the record cannot be read")));
        // Undoes the damage.
        let intact = record.encode(cloakroom_core::RecordVersion::V1);
        stage.tamper().write_record(record.id(), intact).await;
    }
}

async fn canary<S: SessionStore>(store: &Client<S>, now: Timestamp) -> Record {
    let subject = subject(CANARY_SUBJECT);
    let data = payload(CANARY);
    let id = store.new_id(&subject);
    let record = Record::signed_in(id, subject, now, Timeouts::default(), data);
    store
        .add(record.with_label(Some(label(CANARY_LABEL))), now)
        .await
}

fn shows_nothing(shown: &str) {
    for secret in [CANARY, CANARY_SUBJECT, CANARY_LABEL] {
        assert!(!shown.contains(secret), "shows {secret}: {shown}");
        // As `Debug` shows a `Vec<u8>`.
        let bytes = format!("{:?}", secret.as_bytes());
        assert!(
            !shown.contains(bytes.trim_matches(['[', ']'])),
            "shows the bytes of {secret}"
        );
    }
}

/// An error and its causes, in every form.
fn everything(error: &cloakroom_core::Error) -> String {
    let mut shown = format!("{error:?} {error:#?}");
    let mut level: Option<&dyn StdError> = Some(error);
    while let Some(error) = level {
        let _ = write!(shown, " {error} {error:?}");
        level = error.source();
    }
    shown
}
