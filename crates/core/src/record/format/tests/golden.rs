//! Bytes that stores hold already. To change one is to lose every session.
//!
//! Made by Python, from the table at `Record::encode`:
//!
//! ```python
//! flags = (authenticated is not None) | external << 1 | remembered << 2
//! fixed = (b"CR" + bytes([1, 254, flags, codec, len(label), 0])
//!          + struct.pack(">HHQ", len(subject), 0, revision) + write_id
//!          + struct.pack(">QQQQQ", created, authenticated or 0, idle, overall, issued))
//! times = struct.pack(">QB", last_seen, confirmed)
//! body = subject + label + data
//! stored = (fixed + times + struct.pack(">I", zlib.crc32(id + times))
//!           + struct.pack(">I", zlib.crc32(id + fixed + body)) + body)
//! ```

use super::*;

#[test]
fn a_full_record_has_known_bytes() {
    let known = "435201fe05010d00000300000000000000000007000102030405060708090a0b\
                 0c0d0e0f0000019b76daa8000000019b76db926000000000001b774000000000\
                 02932e000000019b76dc07900000019b76dc7cc0012e8a79d2e001f04e616461\
                 4bc3a4746865732048616e64797b22766973697473223a337d";
    assert_eq!(hex(&encode(&full())), known);
}

#[test]
fn an_empty_record_has_known_bytes() {
    let known = "435201fe02ff0000000000000000000000000001ffffffffffffffffffffffff\
                 ffffffff00000000000000010000000000000000000000000000000100000000\
                 0000000100000000000000030000000000000002005cbbe228dcc0d115";
    assert_eq!(hex(&encode(&empty())), known);
}

/// Each row of the table at `Record::encode`: offset, size, and what stands there in `full()`.
#[test]
fn every_field_stands_where_the_table_says() {
    let stored = encode(&full());
    let at = |offset: usize, size: usize| &stored[offset..offset + size];
    let number = |offset, size| {
        at(offset, size)
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    };

    assert_eq!(at(0, 2), b"CR");
    assert_eq!(at(2, 2), [1, 0xfe]);
    assert_eq!(at(4, 1), [0b101]);
    assert_eq!(at(5, 1), [1]);
    assert_eq!(at(6, 1), ["Käthes Handy".len() as u8]);
    assert_eq!(at(7, 1), [0]);
    assert_eq!(number(8, 2), 3);
    assert_eq!(at(10, 2), [0, 0]);
    assert_eq!(number(12, 8), 7);
    assert_eq!(at(20, 16), full().write_id().as_bytes());
    assert_eq!(number(36, 8), full().created().as_millis());
    assert_eq!(number(44, 8), full().authenticated().unwrap().as_millis());
    assert_eq!(number(52, 8), 30 * 60 * 1_000);
    assert_eq!(number(60, 8), 12 * 60 * 60 * 1_000);
    assert_eq!(number(68, 8), full().issued().as_millis());
    assert_eq!(number(76, 8), full().last_seen().as_millis());
    assert_eq!(at(84, 1), [1]);
    assert_eq!(
        number(85, 4),
        u64::from(crc32fast::hash(
            &[full().id().as_bytes(), at(76, 9)].concat()
        ))
    );
    assert_eq!(
        number(89, 4),
        u64::from(crc32fast::hash(
            &[full().id().as_bytes(), at(0, 76), &stored[93..]].concat()
        ))
    );
    assert_eq!(&stored[93..], "adaKäthes Handy{\"visits\":3}".as_bytes());
    assert_eq!(full().encode_times(), at(76, 13));
    assert_eq!(Record::TIMES_OFFSET, 76);
}

#[test]
fn each_flag_has_its_bit() {
    let flags = |record: &Record| encode(record)[4];
    let none = Record {
        external: false,
        ..empty()
    };
    assert_eq!(flags(&none), 0);
    assert_eq!(
        flags(&Record {
            has_authenticated: true,
            ..none.clone()
        }),
        1
    );
    assert_eq!(
        flags(&Record {
            external: true,
            ..none.clone()
        }),
        2
    );
    assert_eq!(
        flags(&Record {
            remembered: true,
            ..none
        }),
        4
    );
}
