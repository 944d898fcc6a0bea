//! Every operation is forwarded, and fails on demand.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::fault::{Calls, FaultStore, Faults, InjectedFault};
use cloakroom_core::store::*;
use cloakroom_core::{Error, ErrorKind, Operation, SessionId, SessionStore, Subject, WriteId};

use crate::{anonymous, id, now, store};

/// Calls every operation of a store once, and says what became of each.
#[expect(clippy::unwrap_used, reason = "a test may panic")]
async fn call_all(store: &dyn SessionStore) -> Vec<(Operation, Result<(), Error>)> {
    let subject = Subject::new("ada").unwrap();
    let create = anonymous(1);
    let update = Update {
        id: id(1),
        subject: None,
        expected: create.record.revision(),
        payload: create.record.payload().clone(),
        label: None,
        touch: true,
        write_id: WriteId::random(),
    };
    let renew = Renew {
        old: id(1),
        new: SessionId::from_stored({
            let mut bytes = [1; SessionId::LEN];
            bytes[31] = 2;
            bytes
        }),
        subject: None,
        grace: Duration::ZERO,
    };
    let delete = Delete {
        id: renew.new,
        subject: None,
        expected: None,
        reason: EndReason::Ended,
        write_id: WriteId::random(),
    };
    let revoke = Revoke {
        subject: subject.clone(),
        kind: RevokeKind::All,
        write_id: WriteId::random(),
    };
    let page = Page {
        after: None,
        limit: 10,
    };
    vec![
        (
            Operation::Begin,
            store.begin(&subject, now(), now()).await.map(drop),
        ),
        (
            Operation::Create,
            store.create(&create, now()).await.map(drop),
        ),
        (Operation::Load, store.load(id(1), now()).await.map(drop)),
        (
            Operation::Update,
            store.update(&update, now()).await.map(drop),
        ),
        (
            Operation::Touch,
            store.touch(id(1), None, now()).await.map(drop),
        ),
        (Operation::Renew, store.renew(&renew, now()).await.map(drop)),
        (
            Operation::Delete,
            store.delete(&delete, now()).await.map(drop),
        ),
        (
            Operation::TokenSet,
            store.token_set(&subject, &page, now()).await.map(drop),
        ),
        (
            Operation::Revoke,
            store.revoke(&revoke, now()).await.map(drop),
        ),
        (
            Operation::PurgeExpired,
            store.purge_expired(10, now()).await.map(drop),
        ),
        (Operation::Scan, store.scan(&page, now()).await.map(drop)),
        (Operation::Count, store.count(now()).await.map(drop)),
    ]
}

/// `begin` takes two instants, which a forwarder could mix up.
#[expect(clippy::unwrap_used, reason = "a test may panic")]
async fn assert_keeps_a_generation_until_its_end(store: &dyn SessionStore) {
    let subject = Subject::new("grace").unwrap();
    let at = |minute: u64| now().plus(Duration::from_secs(60 * minute));
    let first = store.begin(&subject, at(10), at(0)).await.unwrap();
    let second = store.begin(&subject, at(10), at(9)).await.unwrap();
    let third = store.begin(&subject, at(20), at(10)).await.unwrap();
    assert_eq!(first, second);
    assert_ne!(first, third);
}

#[tokio::test]
async fn without_faults_every_operation_reaches_the_store_within() {
    let (outer, faults) = store();
    // A second one within shows what reaches it.
    let inner = outer.faults();
    let nested = FaultStore::new(outer);
    let outer = nested.faults();
    for (operation, outcome) in call_all(&nested).await {
        outcome.unwrap_or_else(|error| panic!("{operation:?}: {error}"));
        assert_eq!(outer.calls(operation), 1, "{operation:?}");
        assert_eq!(inner.calls(operation), 1, "{operation:?}");
    }
    assert_eq!(faults.calls(Operation::Open), 0);
    assert_eq!(
        nested.placement_key(),
        nested.within().within().placement_key()
    );
}

#[tokio::test]
async fn every_operation_fails_on_demand_before_it_reaches_the_store() {
    let (within, inner) = store();
    let store = FaultStore::new(within);
    let faults = store.faults();
    faults.fail_before(Calls::any().always(), ErrorKind::Denied);
    for (operation, outcome) in call_all(&store).await {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert_eq!(error.operation(), operation);
        assert!(error.source().unwrap().is::<InjectedFault>());
        assert_eq!(faults.calls(operation), 1, "{operation:?}");
        assert_eq!(inner.calls(operation), 0, "{operation:?}");
    }
}

#[tokio::test]
async fn every_operation_fails_on_demand_after_it_took_effect() {
    let (within, inner) = store();
    let store = FaultStore::new(within);
    store.faults().lose_answer(Calls::any().always());
    for (operation, outcome) in call_all(&store).await {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
        assert_eq!(error.operation(), operation);
        assert_eq!(inner.calls(operation), 1, "{operation:?}");
    }
}

#[tokio::test]
async fn pointers_forward_every_operation_once() {
    let (first, second, third) = (store(), store(), store());
    let shared: Arc<dyn SessionStore> = Arc::new(first.0);
    let boxed: Box<dyn SessionStore> = Box::new(second.0);
    let both: Arc<Box<dyn SessionStore>> = Arc::new(Box::new(third.0));
    let pointers: [(&dyn SessionStore, Faults); 3] =
        [(&shared, first.1), (&boxed, second.1), (&both, third.1)];
    for (pointer, faults) in pointers {
        for (operation, outcome) in call_all(pointer).await {
            outcome.unwrap_or_else(|error| panic!("{operation:?}: {error}"));
            assert_eq!(faults.calls(operation), 1, "{operation:?}");
        }
        assert_keeps_a_generation_until_its_end(pointer).await;
    }
}
