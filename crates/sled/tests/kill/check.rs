//! What has to hold after a kill.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use cloakroom_core::store::{LoadOutcome, Page};
use cloakroom_core::{SessionStore as _, Timestamp};
use cloakroom_sled::{SledStore, Tampering};

use crate::child::{NOW, data, id_of, session_of, subject};
use crate::known::Known;
use crate::line::{SUBJECTS, Session, TASKS};
use crate::support;

/// Opens the store and compares it with what was acknowledged. Then the parent knows what is there.
pub(crate) fn reopened(dir: &Path, seed: u64, lazy: bool, known: &mut Known) {
    // A kill may have come before the store was made.
    let store = support::builder(dir).open();
    let store = store.unwrap_or_else(|error| panic!("seed {seed}: {error}: {:?}", error));
    block_on(async {
        let found = living(&store, seed).await;
        let doubt = known.in_doubt();
        for which in &known.ended {
            assert!(
                !found.contains_key(which),
                "seed {seed}: {which:?} lives after its end"
            );
            let load = store.load(id_of(&store, *which), NOW).await.unwrap();
            assert!(
                !matches!(load, LoadOutcome::Found(_)),
                "seed {seed}: {which:?}: {load:?}"
            );
        }
        for (which, revision) in known
            .live
            .iter()
            .filter(|(which, _)| !doubt.contains(which))
        {
            match found.get(which) {
                Some(there) if lazy => assert!(there <= revision, "seed {seed}: {which:?}"),
                Some(there) => assert_eq!(there, revision, "seed {seed}: {which:?}"),
                None => assert!(lazy, "seed {seed}: {which:?} was acknowledged, and is gone"),
            }
        }
        for which in found.keys() {
            let told = known.live.contains_key(which) || doubt.contains(which);
            assert!(told, "seed {seed}: {which:?} comes from nowhere");
        }
        let count = store.count(NOW).await.unwrap();
        assert_eq!(count, found.len() as u64, "seed {seed}: the count");
        // What was in doubt, or lazy, is certain now.
        let gone: Vec<_> = known
            .live
            .keys()
            .filter(|at| !found.contains_key(at))
            .copied()
            .collect();
        known.ended.extend(gone);
        known.live = found;
        known.open.clear();
    });
    assert!(store.close().unwrap());
}

/// In the end everything is over, and the index knows all of it.
pub(crate) fn everything_goes(dir: &Path) {
    let store = support::builder(dir).open().unwrap();
    block_on(async {
        let late = NOW.plus(Duration::from_secs(10 * 86_400));
        while store.purge_expired(1_000, late).await.unwrap() > 0 {}
        // A clock that stands at the beginning would see whatever is left.
        assert_eq!(store.count(Timestamp::EPOCH).await.unwrap(), 0);
        for number in 0..TASKS * SUBJECTS {
            let members = Tampering::of(&store)
                .stored_members(&subject(number))
                .await
                .unwrap();
            assert_eq!(members, 0, "members of subject {number}");
        }
    });
    assert!(store.close().unwrap());
}

/// Every live session and its revision: what the listings and the loads agree about.
async fn living(store: &SledStore, seed: u64) -> std::collections::BTreeMap<Session, u64> {
    let mut found = std::collections::BTreeMap::new();
    let page = Page {
        after: None,
        limit: 1_000,
    };
    for number in 0..TASKS * SUBJECTS {
        let set = store.token_set(&subject(number), &page, NOW).await.unwrap();
        for listed in set.sessions {
            let load = store.load(listed.id(), NOW).await.unwrap();
            let LoadOutcome::Found(record) = load else {
                panic!("seed {seed}: {listed:?} is listed, but {load:?}");
            };
            assert_eq!(record.subject(), Some(&subject(number)));
            let revision = record.revision().get();
            let first = Session(u64::from_be_bytes(
                record.payload().bytes[..8].try_into().unwrap(),
            ));
            assert_eq!(
                record.payload(),
                &data(first, revision),
                "seed {seed}: its data"
            );
            found.insert(session_of(listed.id()), revision);
        }
    }
    let all = scanned(store).await;
    let listed: BTreeSet<_> = found.keys().copied().collect();
    assert_eq!(all, listed, "seed {seed}: the scan and the token sets");
    found
}

async fn scanned(store: &SledStore) -> BTreeSet<Session> {
    let mut all = BTreeSet::new();
    let mut page = Page {
        after: None,
        limit: 10,
    };
    loop {
        let scan = store.scan(&page, NOW).await.unwrap();
        all.extend(scan.sessions.iter().map(|listed| session_of(listed.id())));
        match scan.next {
            Some(next) => page.after = Some(next),
            None => return all,
        }
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(future)
}
