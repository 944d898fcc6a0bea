//! Replacing data that nobody else has changed.

#![cfg(feature = "testing")]

mod support;

use std::time::Duration;

use cloakroom_core::fault::FaultStore;

use cloakroom_core::{
    ErrorKind, Label, Lookup, Operation, Renewal, Replacement, SessionOptions, Sessions,
};
use support::MapStore;

fn sessions() -> (Sessions<String>, cloakroom_core::fault::Faults) {
    let store = FaultStore::new(MapStore::default());
    let faults = store.faults();
    let sessions = Sessions::builder(store).retries(0).build();
    let sessions = sessions.expect("valid settings");
    (sessions, faults)
}

#[tokio::test]
async fn data_that_nobody_has_changed_are_replaced() {
    let (sessions, _) = sessions();
    let visit = sessions.create("first".to_owned()).await.unwrap();
    let read = visit.session.revision();
    let replaced = sessions
        .replace(&visit.token, read, "second".to_owned())
        .await;
    let Ok(Lookup::Found(Replacement::Replaced(session))) = replaced else {
        panic!("{replaced:?}");
    };
    assert_eq!(
        (session.data().as_str(), session.revision()),
        ("second", read.next())
    );
    let stored = sessions.peek(&visit.token).await.unwrap().found().unwrap();
    assert_eq!(
        (stored.data().as_str(), stored.revision()),
        ("second", read.next())
    );
}

/// By a token that was renewed, too: its label stays, and whoever holds the old token is told so.
#[tokio::test]
async fn a_replacement_by_an_old_token_keeps_the_label_and_says_so() {
    let (sessions, _) = sessions();
    let label = Label::new("Laptop").unwrap();
    let options = SessionOptions::new().label(label.clone());
    let visit = sessions.create_with("first".to_owned(), options).await;
    let visit = visit.unwrap();
    let renewed = sessions.renew(&visit.token, Duration::from_secs(60)).await;
    assert!(matches!(renewed, Ok(Renewal::Renewed(_))), "{renewed:?}");
    let old = &visit.token;
    let read = sessions
        .peek(old)
        .await
        .unwrap()
        .found()
        .unwrap()
        .revision();
    let replaced = sessions.replace(old, read, "second".to_owned()).await;
    let Ok(Lookup::Found(Replacement::Replaced(session))) = replaced else {
        panic!("{replaced:?}");
    };
    assert!(session.is_by_old_token());
    assert_eq!(session.label(), Some(&label));
    let stored = sessions.peek(old).await.unwrap().found().unwrap();
    assert_eq!(
        (stored.data().as_str(), stored.label()),
        ("second", Some(&label))
    );
    let replaced = sessions.replace(old, read, "third".to_owned()).await;
    let Ok(Lookup::Found(Replacement::Conflict(session))) = replaced else {
        panic!("{replaced:?}");
    };
    assert!(session.is_by_old_token());
}

#[tokio::test]
async fn data_that_another_has_changed_are_not_replaced() {
    let (sessions, _) = sessions();
    let visit = sessions.create("first".to_owned()).await.unwrap();
    let read = visit.session.revision();
    let theirs = sessions
        .update(&visit.token, |data| *data = "theirs".to_owned())
        .await;
    assert!(theirs.unwrap().is_found());
    let replaced = sessions
        .replace(&visit.token, read, "mine".to_owned())
        .await;
    let Ok(Lookup::Found(Replacement::Conflict(session))) = replaced else {
        panic!("{replaced:?}");
    };
    assert_eq!(session.data(), "theirs");
}

#[tokio::test]
async fn a_change_between_the_look_and_the_write_is_a_conflict_too() {
    let (sessions, faults) = sessions();
    let visit = sessions.create("first".to_owned()).await.unwrap();
    let read = visit.session.revision();
    let hold = faults.hold_before(Operation::Update);
    let (token, mine) = (visit.token.clone(), sessions.clone());
    let replace = tokio::spawn(async move { mine.replace(&token, read, "mine".to_owned()).await });
    hold.arrived().await;
    let theirs = sessions
        .update(&visit.token, |data| *data = "theirs".to_owned())
        .await;
    assert!(theirs.unwrap().is_found());
    hold.release();
    let replaced = replace.await.unwrap().unwrap();
    let Lookup::Found(Replacement::Conflict(session)) = replaced else {
        panic!("{replaced:?}");
    };
    assert_eq!(session.data(), "theirs");
}

#[tokio::test]
async fn a_session_that_has_ended_is_not_made_again() {
    let (sessions, _) = sessions();
    let visit = sessions.create("first".to_owned()).await.unwrap();
    let read = visit.session.revision();
    let _ = sessions.sign_out(&visit.token).await.unwrap();
    let replaced = sessions
        .replace(&visit.token, read, "second".to_owned())
        .await;
    assert!(matches!(replaced, Ok(Lookup::Ended { .. })));
    assert!(matches!(
        sessions.peek(&visit.token).await,
        Ok(Lookup::Ended { .. })
    ));
}

#[tokio::test]
async fn a_lost_answer_is_an_unknown_outcome() {
    let (sessions, faults) = sessions();
    let visit = sessions.create("first".to_owned()).await.unwrap();
    faults.lose_answer(Operation::Update);
    let replaced = sessions
        .replace(&visit.token, visit.session.revision(), "second".to_owned())
        .await;
    assert_eq!(replaced.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
}
