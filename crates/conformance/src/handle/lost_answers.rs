//! Lost answers, lost requests and short outages, at every call to the store.

use crate::handle::faulty::{GoesWrong, Plan};
use crate::handle::prelude::*;

/// Rule 2: a change is made exactly once, and its closure is run once, whichever call to the store goes
/// wrong in passing.
pub async fn a_change_is_made_once_whatever_goes_wrong_in_passing<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, witness) = (service.host().await, service.host().await);
    for plan in Plan::passing() {
        let visit = host.visit().await;
        plan.arm(&host.faults);
        let mut runs = 0;
        let changed = host.sessions.update(&visit.token, |a| {
            runs += 1;
            a.visits += 1;
        });
        let changed = expect_found(changed.await.expect("the handle tries again"));
        host.faults.clear();
        assert_eq!((runs, changed.data().visits), (1, 1), "{plan:?}");
        let stored = expect_found(witness.peek(&visit.token).await);
        assert_eq!(stored.data().visits, 1, "{plan:?}");
        assert_eq!(
            stored.revision(),
            visit.session.revision().next(),
            "{plan:?}"
        );
    }
}

/// Rule 2 and rule 10: where it goes wrong at every try, the change is made once or not at all, and the
/// answer is not "nothing was written" where it may have been.
pub async fn a_change_that_fails_is_made_once_or_not_at_all<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, witness) = (service.host().await, service.host().await);
    for plan in Plan::lasting() {
        let visit = host.visit().await;
        plan.arm(&host.faults);
        let mut runs = 0;
        let changed = host.sessions.update(&visit.token, |a| {
            runs += 1;
            a.visits += 1;
        });
        let changed = changed.await;
        host.faults.clear();
        assert!(
            runs <= 1,
            "an unknown outcome never enters the re-run: {plan:?}"
        );
        let stored = witness.data(&visit.token).await.visits;
        match changed {
            Ok(changed) => assert_eq!(stored, expect_found(changed).data().visits, "{plan:?}"),
            Err(error) => {
                assert_eq!(error.kind(), plan.kind(), "{plan:?}");
                let written = plan.what == GoesWrong::AnswerLost && runs == 1;
                assert_eq!(stored, u64::from(written), "{plan:?}");
            }
        }
    }
}

/// Rule 2: another's change between a lost answer and the retry does not hide what happened. Where it
/// cannot be told, the closure is not run again; where the request was lost on its way, and the other's
/// change came first, it is.
pub async fn a_change_by_another_after_a_lost_answer_is_not_taken_for_a_conflict<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    for happened in [true, false] {
        let visit = host.visit().await;
        let hold = match happened {
            true => host.faults.hold_after(Operation::Update),
            false => host.faults.hold_before(Operation::Update),
        };
        let changing = host.sessions.update(&visit.token, |a| a.visits += 1);
        let change = other.change(&visit.token, |a| a.note = "another's".to_owned());
        let (changed, _) = while_lost(hold, changing, change).await;
        let stored = other.data(&visit.token).await;
        assert_eq!(
            (stored.visits, stored.note.as_str()),
            (1, "another's"),
            "{changed:?}"
        );
        let unknown = happened.then_some(ErrorKind::OutcomeUnknown);
        assert_eq!(failure(changed), unknown);
    }
}

/// Rule 1: a session that ends between a lost answer and the retry is not brought back, and what became
/// of the change is not claimed.
pub async fn an_ending_after_a_lost_answer_is_not_undone_by_the_retry<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let visit = host.visit().await;
    let hold = host.faults.hold_after(Operation::Update);
    let changing = host.sessions.update(&visit.token, |a| a.visits += 1);
    let (changed, _) = while_lost(hold, changing, other.sign_out(&visit.token)).await;
    assert_eq!(failure(changed), Some(ErrorKind::OutcomeUnknown));
    assert!(!other.lives(&visit.token).await);
}

/// Rule 10: an outage after one lost answer or two does not turn "unknown" into "nothing was written".
pub async fn an_outage_after_a_lost_answer_is_an_unknown_outcome<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let kinds = [
        ErrorKind::Unavailable,
        ErrorKind::Timeout,
        ErrorKind::Denied,
    ];
    for (kind, lost) in kinds.into_iter().flat_map(|kind| [(kind, 1), (kind, 2)]) {
        let visit = host.visit().await;
        let update = || Calls::to(Operation::Update);
        host.faults.lose_answer(update().times(lost));
        host.faults.fail_before(update().times(3 - lost), kind);
        let changed = host.sessions.update(&visit.token, |a| a.visits += 1).await;
        host.faults.clear();
        let error = changed.expect_err("three tries failed");
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
        assert!(!error.is_retryable());
        assert_eq!(host.data(&visit.token).await.visits, 1);
    }
}

/// What fails for good is not tried again.
pub async fn what_cannot_succeed_is_not_tried_again<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let visit = host.visit().await;
    for kind in [
        ErrorKind::Denied,
        ErrorKind::Full,
        ErrorKind::Corrupt,
        ErrorKind::Internal,
    ] {
        let before = host.faults.calls(Operation::Update);
        host.faults.fail_before(Operation::Update, kind);
        let changed = host.sessions.update(&visit.token, |a| a.visits += 1).await;
        assert_eq!(failure(changed), Some(kind));
        assert_eq!(host.faults.calls(Operation::Update), before + 1);
    }
}

/// Rule 1: a write is not tried again for longer than stores remember what has ended, or a late create
/// would bring it back.
pub async fn a_write_is_not_tried_again_after_minutes<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let hold = host.faults.hold_after(Operation::Create);
    let mut creating = Box::pin(host.sessions.create(Account::default()));
    tokio::select! {
        biased;
        () = hold.arrived() => {}
        _ = &mut creating => panic!("the create has to be held"),
    }
    service.clock.advance(minutes(3));
    hold.fail(ErrorKind::OutcomeUnknown);
    assert_eq!(failure(creating.await), Some(ErrorKind::OutcomeUnknown));
    assert_eq!(host.faults.calls(Operation::Create), 1);
}

/// Signing out is done, by one answer or another, and a failure is told.
pub async fn a_sign_out_is_done_whatever_goes_wrong_in_passing<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, witness) = (service.host().await, service.host().await);
    let ada = subject("ada");
    for plan in Plan::passing().chain(Plan::lasting()) {
        for issued in [witness.visit().await, witness.sign_in(&ada).await] {
            plan.arm(&host.faults);
            let ended = host.sessions.sign_out(&issued.token).await;
            host.faults.clear();
            match ended {
                Ok(ended) => {
                    assert!(matches!(ended, SignOut::SignedOut { .. }), "{plan:?}");
                    assert!(!witness.lives(&issued.token).await, "{plan:?}");
                }
                Err(error) => assert_eq!(error.kind(), plan.kind(), "{plan:?}"),
            }
        }
        witness.revoke_all(&ada).await;
    }
    for plan in Plan::passing() {
        let visit = witness.visit().await;
        plan.arm(&host.faults);
        let ended = host.sessions.sign_out(&visit.token).await;
        assert!(ended.is_ok(), "{plan:?}: {ended:?}");
        host.faults.clear();
    }
}
