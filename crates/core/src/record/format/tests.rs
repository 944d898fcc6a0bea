mod damage;
mod golden;
mod impossible;

use proptest::prelude::*;

use super::*;
use crate::time::millis;

/// Where the two checksums stand: that of the times, and that of everything else.
const TIMES_SUM: usize = 85;
const BODY_SUM: usize = 89;

fn id(byte: u8) -> SessionId {
    SessionId::from_stored([byte; SessionId::LEN])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A record with every field in use.
fn full() -> Record {
    Record {
        id: "a3f1db19be7793b3935fb155370bd7a325363d53ca1a8b7d68ea7cf92bb07ce0"
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect::<Vec<_>>()
            .try_into()
            .map(SessionId::from_stored)
            .unwrap(),
        subject: Some(Subject::new("ada").unwrap()),
        label: Some(Label::new("Käthes Handy").unwrap()),
        created: Timestamp::from_millis(1_767_225_600_000),
        authenticated: Timestamp::from_millis(1_767_225_660_000),
        has_authenticated: true,
        issued: Timestamp::from_millis(1_767_225_690_000),
        last_seen: Timestamp::from_millis(1_767_225_720_000),
        timeouts: Timeouts::default(),
        revision: Revision::from_stored(7),
        write_id: WriteId::from_stored(std::array::from_fn(|at| at as u8)),
        external: false,
        remembered: true,
        confirmed: true,
        decoded: Decoded::default(),
        payload: Payload {
            codec: 1,
            bytes: Bytes::from_static(br#"{"visits":3}"#),
        },
    }
}

/// A record with as little as there can be.
fn empty() -> Record {
    Record {
        id: id(0),
        subject: None,
        label: None,
        created: Timestamp::from_millis(1),
        authenticated: Timestamp::EPOCH,
        has_authenticated: false,
        issued: Timestamp::from_millis(3),
        last_seen: Timestamp::from_millis(2),
        timeouts: Timeouts::new(Duration::from_millis(1), Duration::from_millis(1)).unwrap(),
        revision: Revision::FIRST,
        write_id: WriteId::from_stored([255; 16]),
        external: true,
        remembered: false,
        confirmed: false,
        decoded: Decoded::default(),
        payload: Payload {
            codec: 255,
            bytes: Bytes::new(),
        },
    }
}

fn encode(record: &Record) -> Vec<u8> {
    record.encode(RecordVersion::V1)
}

fn decode(id: SessionId, stored: impl Into<Vec<u8>>) -> Result<Record, DecodeError> {
    Record::decode(id, Bytes::from(stored.into()))
}

fn is_corrupt(id: SessionId, stored: impl Into<Vec<u8>>) -> bool {
    matches!(decode(id, stored), Err(DecodeError::Corrupt { .. }))
}

/// Puts the sums right, as one who means to.
fn seal(id: SessionId, stored: &mut [u8]) {
    let times = checksum(&id, [&stored[TIMES]]);
    let body = checksum(&id, [&stored[..TIMES.start], &stored[HEADER_LEN..]]);
    stored[TIMES_SUM..BODY_SUM].copy_from_slice(&times.to_be_bytes());
    stored[BODY_SUM..HEADER_LEN].copy_from_slice(&body.to_be_bytes());
}

fn timestamps() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        Just(Timestamp::EPOCH),
        Just(Timestamp::MAX),
        any::<u64>().prop_map(Timestamp::from_millis),
    ]
}

fn timeouts() -> impl Strategy<Value = Timeouts> {
    let longest = millis(Timeouts::MAX);
    (1..=longest, 1..=longest).prop_map(|(a, b)| {
        let [idle, overall] = [a.min(b), a.max(b)].map(Duration::from_millis);
        Timeouts::new(idle, overall).unwrap()
    })
}

prop_compose! {
    fn records()(
        id: [u8; SessionId::LEN],
        subject in proptest::option::of(any::<String>().prop_filter_map("no subject", |s| Subject::new(s).ok())),
        label in proptest::option::of(any::<String>().prop_filter_map("no label", |s| Label::from_untrusted(&s))),
        times in (timestamps(), proptest::option::of(timestamps()), timestamps(), timestamps()),
        timeouts in timeouts(),
        revision: u64,
        write_id: [u8; 16],
        flags: (bool, bool, bool),
        codec: u8,
        data in proptest::collection::vec(any::<u8>(), 0..200),
    ) -> Record {
        Record {
            id: SessionId::from_stored(id),
            subject,
            label,
            created: times.0,
            authenticated: times.1.unwrap_or_default(),
            has_authenticated: times.1.is_some(),
            issued: times.3,
            last_seen: times.2,
            timeouts,
            revision: Revision::from_stored(revision),
            write_id: WriteId::from_stored(write_id),
            external: flags.0,
            remembered: flags.1,
            confirmed: flags.2,
            decoded: Decoded::default(),
            payload: Payload { codec, bytes: data.into() },
        }
    }
}

proptest! {
    #[test]
    fn every_field_comes_back(record in records()) {
        let stored = encode(&record);
        let decoded = decode(record.id, stored.clone()).unwrap();
        prop_assert_eq!(&decoded, &record);
        prop_assert_eq!(encode(&decoded), stored);
    }

    #[test]
    fn a_touch_in_place_is_a_touch(record in records(), by_present_id: bool, later: u64) {
        let touched = record.touched(by_present_id, Timestamp::from_millis(later));
        let mut stored = encode(&record);
        let times = touched.encode_times();
        stored[Record::TIMES_OFFSET..][..times.len()].copy_from_slice(&times);
        prop_assert_eq!(encode(&touched), stored);
    }
}

#[test]
fn the_longest_subject_and_label_come_back() {
    let record = Record {
        subject: Some(Subject::new("π".repeat(128)).unwrap()),
        label: Some(Label::new("é".repeat(64)).unwrap()),
        ..full()
    };
    assert_eq!(decode(record.id, encode(&record)).unwrap(), record);
}

#[test]
fn the_data_are_shared_with_what_was_read() {
    let record = full();
    let stored = Bytes::from(encode(&record));
    let decoded = Record::decode(record.id, stored.clone()).unwrap();
    assert_eq!(
        decoded.payload().bytes.as_ptr_range().end,
        stored.as_ptr_range().end
    );
}

#[test]
fn a_mebibyte_of_data_comes_back() {
    let mut record = full();
    record.payload.bytes = vec![0x5a; 1 << 20].into();
    assert_eq!(decode(record.id, encode(&record)).unwrap(), record);
}
