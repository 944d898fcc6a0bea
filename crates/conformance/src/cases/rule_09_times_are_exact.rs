//! Rule 9: alive one millisecond before the deadline, dead at it, in every operation.

use crate::suite::prelude::*;

/// Rule 9: the idle deadline is exact. Failure 18 of its peers: an expired session is served until
/// it is swept.
pub async fn the_idle_deadline_is_exact<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let timeouts = Timeouts::new(minutes(30), hours(12)).expect("minutes");
    deadline_is_exact(&stage.store, timeouts, stage.start, timeouts.idle()).await;
}

/// Rule 9: the overall deadline is exact.
pub async fn the_overall_deadline_is_exact<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let timeouts = Timeouts::new(hours(12), hours(12)).expect("hours");
    deadline_is_exact(&stage.store, timeouts, stage.start, timeouts.overall()).await;
}

/// Rule 9. Failure 17 of its peers: a lifetime below a second is rounded to zero or to a second, and
/// zero means for ever.
pub async fn short_timeouts_are_exact<H: Harness>() {
    let stage = Stage::<H>::new().await;
    for lifetime in [1, 999, 1_001] {
        let timeouts = Timeouts::new(millis(lifetime), millis(lifetime)).expect("milliseconds");
        // Wherever in a second it begins.
        let now = stage.start.plus(millis(lifetime / 3));
        deadline_is_exact(&stage.store, timeouts, now, timeouts.overall()).await;
    }
}

/// Rule 9: the longest timeouts end too.
pub async fn ten_years_are_exact<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let timeouts = Timeouts::new(Timeouts::MAX, Timeouts::MAX).expect("ten years");
    deadline_is_exact(&stage.store, timeouts, stage.start, Timeouts::MAX).await;
}

/// Rule 9: at the end of time everything is over, and nothing is immortal.
pub async fn nothing_outlives_the_last_instant<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let store = &stage.store;
    let late = Timestamp::from_millis(Timestamp::MAX.as_millis() - 1_000);
    let lifetime = millis(1_000);
    deadline_is_exact(store, Timeouts::AAL1, late, lifetime).await;
    let subject = subject("too-late");
    let record = store.record(&subject, Timestamp::MAX);
    let _ = store.create(&create(&record), Timestamp::MAX).await;
    assert_eq!(
        store.load(record.id(), Timestamp::MAX).await,
        LoadOutcome::Absent
    );
    assert_eq!(store.count(Timestamp::MAX).await, 0);
    let _ = store.begin(&subject, Timestamp::MAX, late).await;
    store.purge_all(100, Timestamp::MAX).await;
    assert_eq!(store.ids(&subject, Timestamp::MAX).await.len(), 0);
}

/// Rule 9: each session carries its own timeouts, in one set.
pub async fn each_session_has_its_own_timeouts<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("remembered-here-only");
    let short = store.sign_in(&subject, now).await;
    let remembered = Timeouts::new(days(14), days(90)).expect("days");
    let long = store
        .add(store.record_for(&subject, remembered, now), now)
        .await;
    let later = now.plus(days(13));
    assert!(!store.lives(short.id(), later).await);
    assert!(store.lives(long.id(), later).await);
    assert_eq!(store.ids(&subject, later).await, [long.id()].into());
}

/// Every operation finds the session alive just before a deadline and dead at it.
async fn deadline_is_exact<S: SessionStore>(
    store: &Client<S>,
    timeouts: Timeouts,
    now: Timestamp,
    lifetime: Duration,
) {
    let deadline = now.plus(lifetime);
    for probe in Probe::ALL {
        for (at, lives) in [(just_before(deadline), true), (deadline, false)] {
            let subject = subject(&format!("{probe:?} {lives} {timeouts:?} {now:?}"));
            let record = store
                .add(store.record_for(&subject, timeouts, now), now)
                .await;
            let found = probe.finds(store, &record, at).await;
            assert_eq!(
                found, lives,
                "{probe:?} of {timeouts:?}, {at:?}, over at {deadline:?}"
            );
            let _ = store.revoke(&revoke(&subject, RevokeKind::All), now).await;
        }
    }
}

/// Every way to ask a store whether a session lives.
#[derive(Debug, Clone, Copy)]
enum Probe {
    Load,
    Update,
    Touch,
    Renew,
    Delete,
    RevokeOne,
    RevokeAll,
    KeepOne,
    Replace,
    CreateAgain,
    Cap,
    List,
    Scan,
    Count,
    Purge,
}

impl Probe {
    const ALL: [Self; 15] = [
        Self::Load,
        Self::Update,
        Self::Touch,
        Self::Renew,
        Self::Delete,
        Self::RevokeOne,
        Self::RevokeAll,
        Self::KeepOne,
        Self::Replace,
        Self::CreateAgain,
        Self::Cap,
        Self::List,
        Self::Scan,
        Self::Count,
        Self::Purge,
    ];

    async fn finds<S: SessionStore>(
        self,
        store: &Client<S>,
        record: &Record,
        now: Timestamp,
    ) -> bool {
        let id = record.id();
        let subject = record.subject().expect("the session of a subject");
        match self {
            Self::Load => store.lives(id, now).await,
            Self::Update => {
                let outcome = store.update(&update(record, "still here"), now).await;
                matches!(outcome, UpdateOutcome::Saved { .. })
            }
            Self::Touch => store.touch(record, now).await == TouchOutcome::Touched,
            Self::Renew => {
                let request = renew(record, hours(1));
                store.renew(&request, now).await == RenewOutcome::Renewed
            }
            Self::Delete => {
                let outcome = store.delete(&delete(record), now).await;
                matches!(outcome, DeleteOutcome::Deleted { .. })
            }
            Self::RevokeOne => {
                let request = revoke(subject, RevokeKind::One(id));
                store.revoke(&request, now).await.ended == [id]
            }
            Self::RevokeAll => {
                let request = revoke(subject, RevokeKind::All);
                store.revoke(&request, now).await.ended == [id]
            }
            Self::KeepOne => {
                let request = revoke(subject, RevokeKind::AllExcept(id));
                let _ = store.revoke(&request, now).await;
                store.lives(id, now).await
            }
            Self::Replace => {
                let request = Create {
                    replaces: at_revision(record),
                    ..create(&store.record(subject, now))
                };
                let outcome = store.create(&request, now).await;
                matches!(outcome, CreateOutcome::Created { .. })
            }
            Self::CreateAgain => {
                let other = Record::signed_in(
                    id,
                    subject.clone(),
                    now,
                    Timeouts::default(),
                    payload("other"),
                );
                let outcome = store.create(&create(&other), now).await;
                outcome == CreateOutcome::Duplicate { ended_by: None }
            }
            Self::Cap => {
                let request = Create {
                    cap: cap(1, OnCap::Refuse),
                    ..create(&store.record(subject, now))
                };
                store.create(&request, now).await == CreateOutcome::CapReached
            }
            Self::List => store.ids(subject, now).await.contains(&id),
            Self::Scan => store.all_ids(now).await.contains(&id),
            Self::Count => store.count(now).await == 1,
            Self::Purge => {
                store.purge_all(100, now).await;
                store.lives(id, now).await
            }
        }
    }
}
