//! A sign-in of which nobody can say what became of it, while the password changes.
//!
//! Somebody who has the old password sends it, and the store does not answer as it should. Whenever that is,
//! and whether or not the session was made: once the password has changed, nothing of before it is left.

use axum::http::StatusCode;
use cloakroom::fault::Calls;
use cloakroom::{ErrorKind, Operation};

use crate::tests::{Answer, Browser, Site, soon};

/// When the sign-in with the old password comes to the store.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Before the password is another.
    Before,
    /// After that, and before the others are signed out.
    Between,
    /// After the others were signed out.
    After,
}

/// What becomes of it there.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    /// It is lost on its way, and tried again.
    RequestLost,
    /// It is carried out, and the answer is lost, however often it is tried.
    AnswerLost,
}

const CHANGE: [(&str, &str); 2] = [("current", "correct horse"), ("new", "battery staple")];
const OLD: [(&str, &str); 2] = [("name", "ada"), ("password", "correct horse")];

/// Changes the password while a sign-in with the old one is under way. The browser that signs in, and what
/// it was answered.
async fn changed(
    site: &Site,
    laptop: &mut Browser,
    moment: Moment,
    outcome: Outcome,
) -> (Browser, Answer) {
    let mut thief = site.browser();
    thief.get("/sign-in").await;
    // The password was right when it was looked at.
    let creating = site.faults.hold_before(Operation::Create);
    let entering = tokio::spawn(async move {
        let answer = thief.post("/sign-in", &OLD).await;
        (thief, answer)
    });
    soon(creating.arrived()).await;
    let let_go = || {
        if matches!(outcome, Outcome::AnswerLost) {
            site.faults
                .lose_answer(Calls::to(Operation::Create).times(2));
        }
        // Tried again, which the handle does twice, it meets the fault above, or none.
        creating.fail(ErrorKind::OutcomeUnknown);
    };
    let entered = match moment {
        Moment::Before => {
            let_go();
            let entered = soon(entering).await.unwrap();
            change(laptop).await;
            entered
        }
        Moment::Between => {
            let revoking = site.faults.hold_before(Operation::Revoke);
            let mut owner = laptop.clone();
            let changing = tokio::spawn(async move {
                change(&mut owner).await;
                owner
            });
            soon(revoking.arrived()).await;
            let_go();
            let entered = soon(entering).await.unwrap();
            revoking.release();
            *laptop = soon(changing).await.unwrap();
            entered
        }
        Moment::After => {
            change(laptop).await;
            let_go();
            soon(entering).await.unwrap()
        }
    };
    site.faults.clear();
    entered
}

async fn change(laptop: &mut Browser) {
    let answer = soon(laptop.post("/password", &CHANGE)).await;
    assert_eq!(answer.location(), Some("/devices"), "{answer:?}");
}

#[tokio::test]
async fn nothing_of_before_the_change_is_left_and_the_new_password_alone_signs_in() {
    for moment in [Moment::Before, Moment::Between, Moment::After] {
        for outcome in [Outcome::RequestLost, Outcome::AnswerLost] {
            let case = format!("{moment:?}, {outcome:?}");
            let site = Site::new();
            let mut laptop = site.signed_up("ada").await;
            let mut phone = site.signed_in("ada").await;
            laptop.get("/password").await;
            let mut before = laptop.clone();
            let (mut thief, answer) = changed(&site, &mut laptop, moment, outcome).await;
            let expected = match (moment, outcome) {
                // It came in time, as far as anybody can tell by then.
                (Moment::Before | Moment::Between, Outcome::RequestLost) => StatusCode::SEE_OTHER,
                // It is not tried for ever, and nobody says that it has worked.
                (_, Outcome::AnswerLost) => StatusCode::SERVICE_UNAVAILABLE,
                (Moment::After, Outcome::RequestLost) => StatusCode::CONFLICT,
            };
            assert_eq!(answer.status, expected, "{case}: {}", answer.body);

            assert_eq!(site.sessions_of("ada").await, 1, "{case}");
            for old in [&mut thief, &mut phone, &mut before] {
                assert!(!old.is_signed_in().await, "{case}");
            }
            assert!(laptop.is_signed_in().await, "{case}");
            let answer = thief.sign_in("ada", "correct horse").await;
            assert!(answer.says("do not belong together"), "{case}");
            let answer = phone.sign_in("ada", "battery staple").await;
            assert_eq!(answer.location(), Some("/"), "{case}");
            assert!(phone.is_signed_in().await, "{case}");
        }
    }
}

/// The store has made the session, and does not answer in the time that the layer gives it.
#[tokio::test(start_paused = true)]
async fn nor_is_a_sign_in_left_that_the_store_was_too_slow_to_confirm() {
    let site = Site::new();
    let mut laptop = site.signed_up("ada").await;
    laptop.get("/password").await;
    let mut thief = site.browser();
    thief.get("/sign-in").await;
    let creating = site.faults.hold_after(Operation::Create);
    let entering = tokio::spawn(async move {
        let answer = thief.post("/sign-in", &OLD).await;
        (thief, answer)
    });
    soon(creating.arrived()).await;
    assert_eq!(site.sessions_of("ada").await, 2, "it is there");
    // In the time that passes by itself where everybody waits.
    let (mut thief, answer) = soon(entering).await.unwrap();
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.set_cookie(), None);
    assert_eq!(site.sessions_of("ada").await, 2, "nobody has its token");
    change(&mut laptop).await;
    creating.release();
    assert_eq!(site.sessions_of("ada").await, 1);
    assert!(laptop.is_signed_in().await && !thief.is_signed_in().await);
    let answer = thief.sign_in("ada", "battery staple").await;
    assert_eq!(answer.location(), Some("/"));
}
