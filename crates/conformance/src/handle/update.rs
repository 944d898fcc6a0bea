//! Changing sessions.

use std::convert::Infallible;

use cloakroom_core::TryUpdateError;

use crate::handle::prelude::*;

/// Rule 2: requests that overlap lose nothing. Each of many tasks, on several hosts, adds one many
/// times, and the sum is exact.
pub async fn overlapping_changes_are_all_kept<H: Harness>() {
    let service = Service::<H>::start().await;
    const TASKS: usize = 8;
    const CHANGES: u64 = 25;
    // Each change is beaten by one other at a time at most, by so many in all.
    let reruns = TASKS as u32 * CHANGES as u32;
    let mut hosts = Vec::new();
    for _ in 0..TASKS {
        hosts.push(service.host_with::<Account>(|s| s.reruns(reruns)).await);
    }
    let visit = hosts[0].visit().await;
    let token = visit.token.clone();
    let last = service.host().await;
    together(hosts.into_iter().map(|host| {
        let token = token.clone();
        async move {
            for _ in 0..CHANGES {
                host.change(&token, |a| a.visits += 1).await;
            }
        }
    }))
    .await;
    let stored = last.open(&visit.token).await;
    assert_eq!(stored.data().visits, TASKS as u64 * CHANGES);
    let changes = stored.revision().get() - visit.session.revision().get();
    assert_eq!(changes, TASKS as u64 * CHANGES, "each was one write");
}

/// Rule 2: where another change comes between reading and writing, the closure runs again on what that
/// one stored.
pub async fn a_change_that_was_overtaken_runs_again_on_the_newer_data<H: Harness>() {
    let service = Service::<H>::start().await;
    let (slow, quick) = (service.host().await, service.host().await);
    let visit = slow.visit().await;
    let hold = slow.faults.hold_before(Operation::Update);
    let mut seen = Vec::new();
    let late = slow.update(&visit.token, |a| {
        seen.push(a.visits);
        a.visits += 1;
    });
    let (late, _) = while_held(hold, late, quick.update(&visit.token, |a| a.visits = 10)).await;
    assert_eq!(expect_found(late).data().visits, 11);
    assert_eq!(seen, [0, 10]);
    assert_eq!(quick.data(&visit.token).await.visits, 11);
}

/// A change is given up when others came first as often as the setting says, and changes nothing then.
pub async fn a_change_that_is_always_overtaken_is_given_up<H: Harness>() {
    let service = Service::<H>::start().await;
    let slow = service.host_with::<Account>(|s| s.reruns(2)).await;
    let quick = service.host().await;
    let visit = slow.visit().await;
    let mut runs = 0;
    let mut late = Box::pin(slow.sessions.update(&visit.token, |a| {
        runs += 1;
        a.note = "late".to_owned();
    }));
    for _ in 0..3 {
        let hold = slow.faults.hold_before(Operation::Update);
        assert!(drop_when_held(hold, &mut late).await.is_none());
        quick.change(&visit.token, |a| a.visits += 1).await;
    }
    assert_eq!(failure(late.await), Some(ErrorKind::Contended));
    assert_eq!(runs, 3, "once, and twice again");
    let stored = quick.data(&visit.token).await;
    assert_eq!((stored.visits, stored.note.as_str()), (3, ""));
}

/// A closure that refuses changes nothing, and is no use of the session, at its first run or at a later
/// one.
pub async fn a_change_that_is_refused_changes_nothing<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let visit = host.visit().await;
    service.clock.advance(minutes(10));
    let buy = |account: &mut Account| {
        account.note.push_str("half a change");
        match account.visits {
            0 => Ok(()),
            _ => Err("sold out"),
        }
    };
    let hold = host.faults.hold_before(Operation::Update);
    let buying = host.sessions.try_update(&visit.token, buy);
    let (refused, _) = while_held(hold, buying, other.update(&visit.token, |a| a.visits = 1)).await;
    assert!(matches!(refused, Err(TryUpdateError::Refused("sold out"))));
    let before = expect_found(host.peek(&visit.token).await);
    assert_eq!(before.data().note, "");

    let refused = host.sessions.try_update(&visit.token, buy).await;
    assert!(matches!(refused, Err(TryUpdateError::Refused("sold out"))));
    let after = expect_found(host.peek(&visit.token).await);
    assert_eq!(after.info(), before.info());
    assert_eq!(after.revision(), before.revision());
}

/// Two changes with the same CRC-32, and of the same length, are two changes: nothing is guessed from
/// digests of the data.
pub async fn a_change_with_the_same_checksum_is_stored<H: Harness>() {
    // Found by trying. Both have CRC-32 0x84d1eba5, and as JSON, between quotes, 0xf7a7c769.
    const COLLIDING: [&str; 2] = ["dhnpgfdsw", "qmqphzuho"];
    let service = Service::<H>::start().await;
    let host = service.host_with::<String>(|s| s).await;
    let [before, after] = COLLIDING;
    let issued = host.create(before.to_owned()).await;
    let changed = host.update(&issued.token, |text| *text = after.to_owned());
    expect_found(changed.await);
    assert_eq!(host.open(&issued.token).await.data(), after);
}

/// An update that changes nothing is a change all the same: whoever read before is told.
pub async fn an_update_always_makes_a_revision<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let visit = host.visit().await;
    let same = host.change(&visit.token, |_| {}).await;
    assert!(same.revision() > visit.session.revision());
    let nothing = host
        .sessions
        .try_update(&visit.token, |_| Ok::<_, Infallible>(()));
    let again = expect_found(nothing.await.expect("try_update does not fail"));
    assert!(again.revision() > same.revision());
}

/// What `update` answers is what a reader sees next.
pub async fn an_update_answers_with_what_is_stored<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let signed = host.sign_in(&subject("ada")).await;
    service.clock.advance(minutes(5));
    let updated = host.change(&signed.token, |a| a.visits = 7).await;
    let read = expect_found(host.peek(&signed.token).await);
    assert_eq!(updated.info(), read.info());
    assert_eq!(updated.revision(), read.revision());
    assert_eq!(updated.data(), read.data());
}

/// A change counts as a use: a user who only writes stays signed in.
pub async fn a_change_is_a_use<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let visit = host.visit().await;
    for _ in 0..10 {
        service.clock.advance(minutes(29));
        host.change(&visit.token, |a| a.visits += 1).await;
    }
    assert_eq!(
        host.faults.calls(Operation::Touch),
        0,
        "one write does both"
    );
}

/// A label is set and taken away without losing a change of the data that comes between, and the data
/// keep the label.
pub async fn labels_and_data_do_not_overwrite_each_other<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let signed = host.sign_in(&ada).await;
    let hold = host.faults.hold_before(Operation::Update);
    let labelling = host
        .sessions
        .set_label(&signed.token, Some(label("Laptop")));
    let change = other.update(&signed.token, |a| a.visits = 3);
    let (labelled, _) = while_held(hold, labelling, change).await;
    let labelled = expect_found(labelled.expect("set_label does not fail"));
    assert_eq!(labelled.label, Some(label("Laptop")));
    assert_eq!(host.data(&signed.token).await.visits, 3);

    host.change(&signed.token, |a| a.visits = 4).await;
    let session = expect_found(host.peek(&signed.token).await);
    assert_eq!(session.label(), Some(&label("Laptop")));
    let taken = host.sessions.set_label(&signed.token, None).await;
    let taken = expect_found(taken.expect("set_label does not fail"));
    assert_eq!(taken.label, None);
    assert_eq!(host.data(&signed.token).await.visits, 4);
}
