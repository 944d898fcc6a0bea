use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::store::Update;

const MS: Duration = Duration::from_millis(1);

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn id(byte: u8) -> SessionId {
    SessionId::from_stored([byte; SessionId::LEN])
}

fn payload(data: &'static str) -> Payload {
    Payload {
        codec: 1,
        bytes: Bytes::from_static(data.as_bytes()),
    }
}

/// Created at 1,000, 10 ms idle, 100 ms overall.
fn anonymous() -> Record {
    let timeouts = Timeouts::new(MS * 10, MS * 100).unwrap();
    Record::anonymous(id(1), at(1_000), timeouts, payload("very private"))
}

fn signed_in() -> Record {
    let subject = Subject::new("ada").unwrap();
    let there = anonymous();
    Record::signed_in(there.id, subject, at(1_000), there.timeouts, there.payload)
}

fn change(touch: bool) -> Update {
    Update {
        id: id(1),
        subject: None,
        expected: Revision::FIRST,
        payload: payload("changed"),
        label: Some(Label::new("Firefox").unwrap()),
        touch,
        write_id: WriteId::from_stored([7; 16]),
    }
}

#[test]
fn a_new_record_is_at_the_first_revision_and_in_use() {
    for record in [anonymous(), signed_in()] {
        assert_eq!(record.revision(), Revision::FIRST);
        assert!(record.is_confirmed());
        assert!(!record.is_external() && !record.is_remembered());
        assert_eq!(
            (record.created(), record.last_seen()),
            (at(1_000), at(1_000))
        );
    }
    assert_eq!(anonymous().authenticated(), None);
    assert_eq!(signed_in().authenticated(), Some(at(1_000)));
    assert_ne!(anonymous().write_id(), anonymous().write_id());
}

#[test]
fn it_ends_by_whichever_timeout_comes_first() {
    let record = anonymous();
    assert_eq!(record.deadline(), Deadline::at(at(1_010)));
    assert_eq!(record.overall_deadline(), Deadline::at(at(1_100)));

    let used = record.touched(true, at(1_089));
    assert_eq!(used.deadline(), Deadline::at(at(1_099)));
    for now in [1_090, 1_091, 1_099] {
        assert_eq!(
            record.touched(true, at(now)).deadline(),
            Deadline::at(at(1_100))
        );
    }
}

#[test]
fn authenticating_again_resets_the_overall_timeout_and_keeps_the_creation() {
    let record = signed_in().with_created(at(5));
    assert_eq!(record.created(), at(5));
    assert_eq!(record.overall_deadline(), Deadline::at(at(1_100)));
}

#[test]
fn a_touch_never_goes_back_and_changes_nothing_else() {
    let record = signed_in();
    assert_eq!(record.touched(true, at(999)), record);
    let touched = record.touched(true, at(1_003));
    assert_eq!(touched.last_seen(), at(1_003));
    assert_eq!(
        Record {
            last_seen: at(1_000),
            ..touched
        },
        record
    );
}

#[test]
fn an_update_makes_the_next_revision_under_its_name() {
    let record = signed_in();
    let quiet = record.updated(&change(false), true, at(1_003));
    assert_eq!(quiet.revision(), Revision::FIRST.next());
    assert_eq!(quiet.write_id(), change(false).write_id);
    assert_eq!(quiet.payload(), &payload("changed"));
    assert_eq!(quiet.label(), change(false).label.as_ref());
    assert_eq!(quiet.last_seen(), at(1_000));
    assert_eq!(quiet.info().id, record.id());
    assert_eq!(quiet.authenticated(), record.authenticated());

    let used = record.updated(&change(true), true, at(1_003));
    assert_eq!(used.last_seen(), at(1_003));
    let late = record.updated(&change(true), true, at(999));
    assert_eq!(late.last_seen(), at(1_000));
}

#[test]
fn a_renewed_record_is_in_use_once_named_by_its_new_id() {
    let renewed = signed_in().renewed(id(2), at(1_001));
    assert_eq!(renewed.id(), id(2));
    assert_eq!(renewed.issued(), at(1_001));
    assert_eq!(renewed.deadline(), signed_in().deadline());
    assert!(!renewed.is_confirmed());
    assert!(!renewed.touched(false, at(1_001)).is_confirmed());
    assert!(
        !renewed
            .updated(&change(true), false, at(1_001))
            .is_confirmed()
    );

    let touched = renewed.touched(true, at(1_001));
    assert!(touched.is_confirmed());
    assert!(
        renewed
            .updated(&change(true), true, at(1_001))
            .is_confirmed()
    );
    // Nor does the old id take that back.
    assert!(touched.touched(false, at(1_002)).is_confirmed());
    assert!(
        touched
            .updated(&change(true), false, at(1_002))
            .is_confirmed()
    );
}

#[test]
fn an_external_token_used_again_does_not_count_from_where_it_did() {
    let (one, other) = (anonymous().with_external(), anonymous().with_external());
    assert!(one.is_external());
    assert_ne!(one.revision(), other.revision());
}

#[test]
fn nothing_shows_the_data_or_the_subject() {
    let shown = format!("{:?} {:#?}", signed_in(), signed_in().payload());
    assert!(
        !shown.contains("private") && !shown.contains("ada"),
        "{shown}"
    );
    assert!(shown.contains("12"), "{shown}");
}

#[test]
fn a_listing_tells_everything_but_the_data() {
    let record = signed_in()
        .with_label(Some(Label::new("Firefox").unwrap()))
        .with_external()
        .with_remembered(true);
    let info = record.info();
    assert_eq!(info.id, record.id());
    assert_eq!(info.subject.as_ref(), record.subject());
    assert_eq!(info.label.as_ref(), record.label());
    assert_eq!(
        (info.created, info.last_seen),
        (record.created(), record.last_seen())
    );
    assert_eq!(info.authenticated, record.authenticated());
    assert_eq!(info.deadline, record.deadline());
    assert!(info.external && info.remembered);
}

proptest! {
    #[test]
    fn no_touch_outlives_the_overall_timeout(created: u64, touches: Vec<u64>, idle in 1..1_000_u64, more: u32) {
        let [idle, overall] = [idle, idle + u64::from(more)].map(Duration::from_millis);
        let timeouts = Timeouts::new(idle, overall).unwrap();
        let mut record = Record::anonymous(id(1), at(created), timeouts, payload(""));
        let end = record.overall_deadline();
        for now in touches {
            let before = record.deadline();
            record = record.touched(true, at(now));
            prop_assert!(record.deadline() >= before);
            prop_assert!(record.deadline() <= end);
        }
    }
}
