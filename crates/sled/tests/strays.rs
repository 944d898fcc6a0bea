//! A set that names a session of somebody else.

mod support;

use std::sync::Arc;

use cloakroom_core::store::{Cap, Create, LoadOutcome, Revoke, RevokeKind};
use cloakroom_core::{
    Clock as _, ManualClock, Payload, Record, RecordVersion, SessionId, SessionStore as _, Subject,
    Timeouts, WriteId,
};
use cloakroom_sled::Tampering;
use support::{Scratch, builder};

/// Ada's record becomes one of Grace's, who then has a session of that id. Where Ada's set, which still names
/// it, loses it, Grace's does not.
#[tokio::test]
async fn a_session_that_the_set_of_another_names_outlives_that_set() {
    let dir = Scratch::new();
    let store = builder(&dir.store()).open().unwrap();
    let now = ManualClock::new().now();
    let ada = Subject::new("ada").unwrap();
    let placement = store.placement_key().place(&ada);
    let is_beside = |subject: &Subject| store.placement_key().place(subject) == placement;
    let mut others = (0..).map(|number| Subject::new(format!("grace-{number}")).unwrap());
    let grace = others.find(is_beside).unwrap();
    let mut bytes = [7; SessionId::LEN];
    bytes[..2].copy_from_slice(&placement.to_bytes());
    let id = SessionId::from_stored(bytes);
    let record = |subject: &Subject| {
        let data = Payload {
            codec: 1,
            bytes: vec![7; 10].into(),
        };
        Record::signed_in(id, subject.clone(), now, Timeouts::default(), data)
    };
    let create = |record: Record| Create {
        record: Arc::new(record),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    };
    let _created = store.create(&create(record(&ada)), now).await.unwrap();
    let damaged = record(&grace).encode(RecordVersion::default());
    let tampering = Tampering::of(&store);
    tampering.write_record(id, damaged).await.unwrap();
    let _created = store.create(&create(record(&grace)), now).await.unwrap();
    assert_eq!(tampering.stored_members(&ada).await.unwrap(), 1);

    let request = Revoke {
        subject: ada.clone(),
        kind: RevokeKind::All,
        write_id: WriteId::random(),
    };
    let revoked = store.revoke(&request, now).await.unwrap();
    assert_eq!(revoked.ended, []);
    assert_eq!(tampering.stored_members(&ada).await.unwrap(), 0);
    let found = store.load(id, now).await.unwrap();
    assert!(matches!(found, LoadOutcome::Found(_)), "{found:?}");
}
