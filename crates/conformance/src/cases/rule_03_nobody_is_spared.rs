//! Rule 3: nobody is spared, however many there are, and whoever issued the token.

use cloakroom_core::store::Cap;

use crate::suite::prelude::*;

/// More than any engine takes in one go: pages of 1,000 and of 1,024 leave some over.
const MANY: usize = 1_030;

/// Rule 3: a set of more than a thousand ends whole, whatever pages the engine makes of it.
pub async fn a_thousand_sessions_all_end<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let subject = subject("a-thousand-devices");
    let ids = many_sign_ins(&stage, &subject).await;
    ends_but(&stage, &subject, ids, None).await;
}

/// Rule 3: of more than a thousand, the one that is named stays, and no other.
pub async fn all_but_one_of_a_thousand_end<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let subject = subject("a-thousand-but-one");
    let mut ids = many_sign_ins(&stage, &subject).await;
    let kept = ids.remove(MANY / 2);
    ends_but(&stage, &subject, ids, Some(kept)).await;
}

/// Rule 3: tokens that somebody else issued end with all, and with all but one.
pub async fn external_tokens_end_too<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("signed-in-elsewhere");
    let kept = store.sign_in(&subject, now).await.id();
    for left in [Some(kept), None] {
        let external = store.record(&subject, now).with_external();
        let external = store.add(external, now).await.id();
        let native = store.sign_in(&subject, now).await.id();
        let mut ids = vec![external, native];
        if left.is_none() {
            ids.push(kept);
        }
        ids.sort_unstable();
        ends_but(&stage, &subject, ids, left).await;
    }
}

/// Signs in more often than a page has room for, one after the other: a thousand that race for one set
/// would mostly wait for one another. The ids come in their order.
async fn many_sign_ins<H: Harness>(stage: &Stage<H>, subject: &Subject) -> Vec<SessionId> {
    let (store, now) = (&stage.store, stage.start);
    let created = CreateOutcome::Created {
        evicted: Vec::new(),
        repeated: false,
    };
    let mut ids = Vec::with_capacity(MANY);
    for _ in 0..MANY {
        let record = store.record(subject, now);
        let request = Create {
            cap: cap(Cap::MAX, OnCap::Refuse),
            ..create(&record)
        };
        assert_eq!(store.create(&request, now).await, created, "below the cap");
        ids.push(record.id());
    }
    ids.sort_unstable();
    ids
}

/// Revokes all, or all but one, and looks at every session in every way.
async fn ends_but<H: Harness>(
    stage: &Stage<H>,
    subject: &Subject,
    ids: Vec<SessionId>,
    kept: Option<SessionId>,
) {
    let (store, now) = (&stage.store, stage.start);
    let left = Vec::from_iter(kept);
    let kind = kept.map_or(RevokeKind::All, RevokeKind::AllExcept);
    let revoked = store.revoke(&revoke(subject, kind), now).await;
    assert_eq!(revoked.ended, ids, "all of them, in the order of the ids");
    assert_eq!(
        Vec::from_iter(store.ids(subject, now).await),
        left,
        "listed"
    );
    assert_eq!(Vec::from_iter(store.all_ids(now).await), left, "scanned");
    assert_eq!(store.count(now).await, left.len() as u64);
    let loads = together(ids.into_iter().map(|id| {
        let store = store.clone();
        async move { (id, store.load(id, now).await) }
    }));
    for (id, answer) in loads.await {
        assert_eq!(
            answer,
            LoadOutcome::Ended { at: now },
            "{id:?} was reported as ended"
        );
    }
    for id in left {
        assert!(store.lives(id, now).await, "the one to be kept ended");
    }
}
