//! Bytes with the right sums that this version never writes.

use super::*;

/// What becomes of the full record with these bytes at this offset, and the sums put right.
fn with(offset: usize, bytes: &[u8]) -> Result<Record, DecodeError> {
    let record = full();
    let mut stored = encode(&record);
    stored[offset..offset + bytes.len()].copy_from_slice(bytes);
    seal(record.id, &mut stored);
    decode(record.id, stored)
}

fn refuses(offset: usize, bytes: &[u8]) -> bool {
    matches!(with(offset, bytes), Err(DecodeError::Corrupt { .. }))
}

#[test]
fn sums_that_are_put_right_are_right() {
    assert_eq!(with(0, b"CR").unwrap(), full());
    assert_eq!(with(5, &[9]).unwrap().payload().codec, 9);
}

#[test]
fn unknown_bits_are_refused() {
    for flags in 0..=u8::MAX {
        // Without bit 0 there is a time of authentication that is denied.
        let known = flags & !0b111 == 0 && flags & 1 == 1;
        assert_eq!(refuses(4, &[flags]), !known, "{flags:#010b}");
    }
    for offset in [7, 10, 11] {
        for byte in 1..=u8::MAX {
            assert!(refuses(offset, &[byte]), "{byte} at {offset}");
        }
    }
}

#[test]
fn a_confirmation_is_yes_or_no() {
    assert!(!with(84, &[0]).unwrap().is_confirmed());
    assert!(with(84, &[1]).unwrap().is_confirmed());
    for byte in 2..=u8::MAX {
        assert!(refuses(84, &[byte]), "{byte}");
    }
}

#[test]
fn times_are_in_range() {
    let last = Timestamp::MAX.as_millis();
    for offset in [36, 44, 68, 76] {
        assert!(!refuses(offset, &last.to_be_bytes()), "{offset}");
        assert!(refuses(offset, &(last + 1).to_be_bytes()), "{offset}");
        assert!(refuses(offset, &u64::MAX.to_be_bytes()), "{offset}");
    }
}

#[test]
fn timeouts_are_in_range() {
    let [idle, overall] = [52, 60];
    let longest = millis(Timeouts::MAX);
    assert!(!refuses(overall, &longest.to_be_bytes()));
    for millis in [0, longest + 1, u64::MAX] {
        assert!(refuses(idle, &millis.to_be_bytes()), "{millis}");
        assert!(refuses(overall, &millis.to_be_bytes()), "{millis}");
    }
    // Idle longer than overall.
    assert!(refuses(idle, &(12 * 3_600_000 + 1_u64).to_be_bytes()));
}

#[test]
fn lengths_stay_within_the_record() {
    let behind = (encode(&full()).len() - HEADER_LEN) as u16;
    let label = "Käthes Handy".len() as u16;
    assert!(refuses(8, &(behind - label + 1).to_be_bytes()));
    assert!(refuses(8, &u16::MAX.to_be_bytes()));
    assert!(refuses(6, &[255]));
}

#[test]
fn a_subject_and_a_label_are_what_they_should_be() {
    let [subject, label] = [HEADER_LEN, HEADER_LEN + 3];
    assert_eq!(
        with(subject, b"bob").unwrap().subject().unwrap().as_str(),
        "bob"
    );
    assert!(refuses(subject, &[0xff]));
    assert!(refuses(label, &[0xff]));
    assert!(refuses(label, b"\n"));
    // Cut within a character: "K" and the first half of "ä".
    assert!(refuses(6, &[2]));
}

#[test]
fn a_subject_and_a_label_are_not_too_long() {
    let mut record = full();
    record.subject = None;
    record.label = None;
    record.payload.bytes = vec![b'x'; 600].into();
    let with_lengths = |subject: u16, label: u8| {
        let mut stored = encode(&record);
        stored[8..10].copy_from_slice(&subject.to_be_bytes());
        stored[6] = label;
        seal(record.id, &mut stored);
        decode(record.id, stored)
    };
    let longest = with_lengths(256, 128).unwrap();
    assert_eq!(longest.subject().unwrap().as_str().len(), 256);
    assert_eq!(longest.label().unwrap().as_str().len(), 128);
    assert_eq!(longest.payload().bytes.len(), 600 - 256 - 128);
    assert!(matches!(
        with_lengths(257, 128),
        Err(DecodeError::Corrupt { .. })
    ));
    assert!(matches!(
        with_lengths(256, 129),
        Err(DecodeError::Corrupt { .. })
    ));
}

proptest! {
    #[test]
    fn whatever_is_read_is_written_the_same(
        mut stored in proptest::collection::vec(any::<u8>(), HEADER_LEN..200),
        kept in proptest::collection::vec(any::<bool>(), HEADER_LEN),
    ) {
        // Some bytes are random, and the others those of a good record.
        for ((byte, good), kept) in stored.iter_mut().zip(encode(&full())).zip(kept) {
            if kept {
                *byte = good;
            }
        }
        stored[..4].copy_from_slice(b"CR\x01\xfe");
        seal(id(1), &mut stored);
        if let Ok(record) = decode(id(1), stored.clone()) {
            prop_assert_eq!(encode(&record), stored);
        }
    }
}
