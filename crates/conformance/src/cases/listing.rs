//! `token_set`, `scan` and `count`: who lives is listed, who does not is not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::suite::prelude::*;

/// A listing tells of each session what its record holds, its data left out.
pub async fn a_listing_tells_what_the_record_holds<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start.plus(days(1)));
    let subject = subject("many-devices");
    let record = store.record(&subject, now).with_label(Some(label("Watch")));
    let record = record.with_remembered(true).with_external();
    // Signed in the day before, and authenticated once more now.
    let record = record.with_created(stage.start);
    let record = store.add(record, now).await;
    let at = now.plus(minutes(5));
    assert_eq!(store.touch(&record, at).await, TouchOutcome::Touched);
    let record = store.found(record.id(), at).await;
    let visitor = store.visit(at).await;

    assert_eq!(
        store.list_by(10, &subject, at).await,
        [Listed::Session(record.info())]
    );
    let mut everybody = vec![
        Listed::Session(record.info()),
        Listed::Session(visitor.info()),
    ];
    everybody.sort_by_key(Listed::id);
    let mut scanned = store.scan_by(10, at).await;
    scanned.sort_by_key(Listed::id);
    assert_eq!(scanned, everybody);
}

/// A subject that never signed in has nothing to list, and an empty store nothing to count.
pub async fn nothing_is_listed_where_nothing_is<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("never-here");
    for _ in 0..2 {
        assert!(store.list_by(10, &subject, now).await.is_empty());
        assert!(store.scan_by(10, now).await.is_empty());
        assert_eq!(store.count(now).await, 0);
        let _ = store.begin(&subject, now.plus(minutes(10)), now).await;
    }
}

/// Whatever the size of the pages, every member is listed, and listed once.
pub async fn pages_hold_every_member_once<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("thirty-devices");
    let mut expected = BTreeSet::new();
    for n in 0..30 {
        let record = store.sign_in(&subject, now.plus(seconds(n % 3))).await;
        expected.insert(record.id());
        // Members that are over, or have left, make no gap.
        let short = Timeouts::new(minutes(1), minutes(1)).expect("a minute");
        store.add(store.record_for(&subject, short, now), now).await;
        let left = store.sign_in(&subject, now).await;
        let _ = store.delete(&delete(&left), now).await;
    }
    let at = now.plus(minutes(2));
    for limit in [1, 2, 7, 29, 30, 31, 1_000] {
        let listed = store.list_by(limit, &subject, at).await;
        let ids: BTreeSet<_> = listed.iter().map(Listed::id).collect();
        assert_eq!(ids, expected, "in pages of {limit}");
        assert_eq!(
            listed.len(),
            expected.len(),
            "in pages of {limit}, one comes twice"
        );
        let scanned = store.scan_by(limit, at).await;
        let ids: BTreeSet<_> = scanned.iter().map(Listed::id).collect();
        assert_eq!(ids, expected, "a scan in pages of {limit}");
    }
    assert_eq!(store.count(at).await, 30);
}

/// A page is roughly as long as was asked for: a large set does not come as one.
pub async fn a_page_is_roughly_as_long_as_asked<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("ninety-devices");
    for _ in 0..90 {
        store.sign_in(&subject, now).await;
    }
    let page = cloakroom_core::store::Page {
        after: None,
        limit: 5,
    };
    let listed = store
        .raw()
        .token_set(&subject, &page, now)
        .await
        .expect("a page");
    assert!(
        listed.sessions.len() < 60,
        "asked for 5, given {}",
        listed.sessions.len()
    );
    assert!(listed.next.is_some());
    // And one that holds all of them is the last, though it be full.
    for limit in [90, 91] {
        let whole = cloakroom_core::store::Page { after: None, limit };
        let listed = store.raw().token_set(&subject, &whole, now).await;
        let listed = listed.expect("a page");
        let is_last = listed.sessions.len() < 90 || listed.next.is_none();
        assert!(is_last, "asked for {limit}: nothing comes after");
    }
    // All sessions of one placement may come at once.
    for _ in 0..90 {
        store.visit(now).await;
    }
    let scanned = store.raw().scan(&page, now).await.expect("a page");
    assert!(
        scanned.sessions.len() < 160,
        "asked for 5, given {}",
        scanned.sessions.len()
    );
    assert!(scanned.next.is_some());
}

/// A session that lives through a whole listing of its set is on it, whoever comes and goes.
pub async fn a_member_that_stays_is_listed<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("busy-set");
    let mut staying = BTreeSet::new();
    for _ in 0..12 {
        staying.insert(store.sign_in(&subject, now).await.id());
    }
    let dead = store.sign_in(&subject, now).await;
    let _ = store.delete(&delete(&dead), now).await;
    let busy = Busy::start(store, &subject, now);
    for round in 0..10 {
        for limit in [1, 3, 100] {
            let listed = store.list_by(limit, &subject, now).await;
            let ids: BTreeSet<_> = listed.iter().map(Listed::id).collect();
            assert!(
                ids.is_superset(&staying),
                "round {round}, pages of {limit}: one is missing"
            );
            assert!(
                !ids.contains(&dead.id()),
                "round {round}: it was dead before"
            );
        }
    }
    busy.stop().await;
}

/// A session that lives through a whole scan is never skipped, whoever comes and goes.
pub async fn a_scan_skips_nobody<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let mut staying = BTreeSet::new();
    for n in 0..12 {
        staying.insert(
            store
                .sign_in(&subject(&format!("stays-{n}")), now)
                .await
                .id(),
        );
        staying.insert(store.visit(now).await.id());
    }
    let dead = store.visit(now).await;
    let _ = store.delete(&delete(&dead), now).await;
    let busy = Busy::start(store, &subject("comes-and-goes"), now);
    for round in 0..10 {
        for limit in [1, 5, 100] {
            let scanned = store.scan_by(limit, now).await;
            let ids: BTreeSet<_> = scanned.iter().map(Listed::id).collect();
            assert!(
                ids.is_superset(&staying),
                "round {round}, pages of {limit}: one is skipped"
            );
            assert!(
                !ids.contains(&dead.id()),
                "round {round}: it was dead before"
            );
        }
    }
    busy.stop().await;
}

/// A session that gets new ids while a scan runs is on it, by one of them: whoever ends everybody's
/// sessions misses none.
pub async fn a_scan_misses_no_renewed_session<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let mut sessions = Vec::new();
    for name in ["ada", "grace", "edsger"] {
        for _ in 0..8 {
            let record = store.sign_in(&subject(name), now).await;
            sessions.push(vec![record.id()]);
        }
    }
    let mut shown = BTreeSet::new();
    let mut after = None;
    // Not for ever: a scan may go on for as long as ids come in behind it.
    let mut rounds = 0..20;
    loop {
        let page = cloakroom_core::store::Page { after, limit: 1 };
        let page = store.raw().scan(&page, now).await.expect("a page");
        shown.extend(page.sessions.iter().map(Listed::id));
        after = page.next;
        if after.is_none() {
            break;
        }
        if rounds.next().is_none() {
            continue;
        }
        for ids in &mut sessions {
            let Some(present) = ids.last() else { continue };
            let renewal = renew(&*store.found(*present, now).await, Duration::ZERO);
            assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Renewed);
            ids.push(renewal.new);
        }
    }
    for ids in sessions {
        assert!(
            ids.iter().any(|id| shown.contains(id)),
            "on no page by any of {} ids",
            ids.len()
        );
    }
}

/// A scan that deletes what it meets still meets all the others.
pub async fn a_scan_survives_what_it_deletes<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for n in 0..20 {
        store
            .sign_in(&subject(&format!("user-{}", n % 7)), now)
            .await;
        store.visit(now).await;
    }
    let mut after = None;
    for _ in 0..1_000 {
        let page = cloakroom_core::store::Page { after, limit: 3 };
        let page = store
            .raw()
            .scan(&page, now)
            .await
            .expect("the cursor keeps its meaning");
        for listed in page.sessions {
            let record = store.found(listed.id(), now).await;
            let _ = store.delete(&delete(&record), now).await;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(store.count(now).await, 0, "the scan skipped some");
}

/// Sessions that come and go, of one subject and of nobody, until it is stopped.
struct Busy {
    stop: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Busy {
    fn start<S: SessionStore>(store: &Client<S>, subject: &Subject, now: Timestamp) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let tasks = (0..2).map(|_| {
            let (store, subject, stop) = (store.clone(), subject.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let coming = [store.sign_in(&subject, now).await, store.visit(now).await];
                    for record in coming {
                        let _ = store.delete(&delete(&record), now).await;
                    }
                    tokio::task::yield_now().await;
                }
            })
        });
        let tasks = tasks.collect();
        Self { stop, tasks }
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.expect("coming and going does not fail");
        }
    }
}
