//! Bytes that are not as they were written.

use super::*;

/// The two records, between which every part of the form occurs, and one of the length of a real one.
fn samples() -> [Record; 3] {
    let mut long = full();
    long.payload.bytes = vec![0; 400].into();
    [full(), empty(), long]
}

#[test]
fn every_flipped_bit_is_damage_and_no_newer_version() {
    for record in samples() {
        let stored = encode(&record);
        for bit in 0..stored.len() * 8 {
            let mut damaged = stored.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(is_corrupt(record.id, damaged), "bit {bit}");
        }
    }
}

#[test]
fn every_changed_byte_is_damage() {
    let record = full();
    let stored = encode(&record);
    for at in 0..stored.len() {
        for change in 1..=u8::MAX {
            let mut damaged = stored.clone();
            damaged[at] ^= change;
            assert!(is_corrupt(record.id, damaged), "byte {at} by {change}");
        }
    }
}

#[test]
fn every_truncation_and_every_extension_is_damage() {
    for record in samples() {
        let stored = encode(&record);
        for len in 0..stored.len() {
            assert!(is_corrupt(record.id, &stored[..len]), "length {len}");
        }
        for more in 1..100 {
            for filler in [0, 0xff, b' '] {
                let mut longer = stored.clone();
                longer.resize(stored.len() + more, filler);
                assert!(is_corrupt(record.id, longer), "{more} more of {filler}");
            }
        }
        assert!(is_corrupt(record.id, &stored[1..]));
        assert!(is_corrupt(record.id, stored.repeat(2)));
    }
}

#[test]
fn a_record_under_another_id_is_damage() {
    let record = full();
    let stored = encode(&record);
    for bit in 0..SessionId::LEN * 8 {
        let mut other = *record.id.as_bytes();
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(
            is_corrupt(SessionId::from_stored(other), stored.clone()),
            "bit {bit}"
        );
    }
}

#[test]
fn the_times_of_another_record_are_damage() {
    let one = full();
    let other = Record {
        id: id(9),
        ..full()
    };
    assert_eq!(encode(&one).len(), encode(&other).len());
    let mut mixed = encode(&one);
    mixed[Record::TIMES_OFFSET..][..13].copy_from_slice(&other.encode_times());
    assert!(is_corrupt(one.id, mixed));
}

#[test]
fn a_part_of_another_record_is_damage() {
    let one = full();
    let mut other = Record {
        id: id(9),
        ..full()
    };
    other.payload.bytes = Bytes::from_static(br#"{"visits":4}"#);
    let (one_stored, other_stored) = (encode(&one), encode(&other));
    for at in 1..one_stored.len() {
        let (head, tail) = (&one_stored[..at], &other_stored[at..]);
        let mixed = [head, tail].concat();
        for (record, stored) in [(&one, &one_stored), (&other, &other_stored)] {
            let whole = mixed == *stored;
            assert_eq!(is_corrupt(record.id, mixed.clone()), !whole, "cut at {at}");
        }
    }
}

#[test]
fn another_version_is_told_apart_where_its_complement_agrees() {
    let record = full();
    for version in 0..=u8::MAX {
        let mut stored = encode(&record);
        stored[2] = version;
        assert_eq!(is_corrupt(record.id, stored.clone()), version != 1);
        stored[3] = !version;
        match version {
            0 => assert!(is_corrupt(record.id, stored)),
            1 => assert_eq!(decode(record.id, stored), Ok(record.clone())),
            found => {
                let newer = Err(DecodeError::NewerVersion { found });
                assert_eq!(decode(record.id, stored.clone()), newer);
                // Whatever that version put behind its number.
                assert_eq!(decode(record.id, &stored[..4]), newer);
                assert_eq!(decode(id(9), stored), newer);
            }
        }
    }
}

#[test]
fn the_error_has_the_kind_that_a_store_reports() {
    let corrupt = decode(id(0), []).unwrap_err();
    assert_eq!(corrupt.kind(), ErrorKind::Corrupt);
    let newer = decode(id(0), *b"CR\x02\xfd").unwrap_err();
    assert_eq!(newer.kind(), ErrorKind::NewerVersion);
    assert!(newer.to_string().contains("version 2"), "{newer}");
}

proptest! {
    #[test]
    fn any_bytes_are_safe_to_read(stored in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(is_corrupt(id(1), stored));
    }

    #[test]
    fn any_bytes_behind_a_good_start_are_safe_to_read(
        rest in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        prop_assert!(is_corrupt(id(1), [b"CR\x01\xfe".as_slice(), &rest].concat()));
    }

    #[test]
    fn a_burst_of_damage_is_found(record in records(), at: proptest::sample::Index, burst: u32) {
        prop_assume!(burst != 0);
        let mut stored = encode(&record);
        let at = at.index(stored.len() - 3);
        for (byte, change) in stored[at..].iter_mut().zip(burst.to_be_bytes()) {
            *byte ^= change;
        }
        // Four bytes can be a newer version with its complement. Nothing else passes.
        match decode(record.id, stored.clone()) {
            Err(DecodeError::Corrupt { .. }) => {}
            Err(DecodeError::NewerVersion { found }) => prop_assert_eq!(&[found, !found], &stored[2..4]),
            Ok(_) => prop_assert!(false, "damage was not found"),
        }
    }
}
