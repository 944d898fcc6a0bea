use super::*;

const ID: SessionId = SessionId::from_stored([9; 32]);

fn ended() -> Entry {
    Entry::Ended(Ended {
        by: WriteId::from_stored([5; 16]),
        reason: EndReason::Replaced,
        until: deadline(1_767_225_600_000),
    })
}

fn renewed() -> Entry {
    Entry::Renewed(Renewed {
        next: SessionId::from_stored([8; 32]),
        grace: deadline(1_767_225_600_000),
        until: deadline(1_767_225_700_000),
    })
}

fn stored(entry: &Entry) -> Vec<u8> {
    write(ID, entry).unwrap().value
}

fn read(id: SessionId, value: &[u8]) -> Entry {
    match Value::read(id, value) {
        Value::Other(entry) => entry,
        Value::Record { part, .. } => read_record(id, Bytes::copy_from_slice(part)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn memories_keep_their_stored_form() {
    assert_eq!(
        hex(&stored(&ended())),
        "03fc01fe050505050505050505050505050505050100000\
         19b76daa800"
            .to_owned()
            + &hex(&checksum([ID.as_bytes(), &stored(&ended())[..29]]))
    );
    let bytes = stored(&renewed());
    assert_eq!(bytes.len(), 4 + 32 + 8 + 8 + 4);
    assert!(hex(&bytes).starts_with("02fd01fe0808"));
}

#[test]
fn memories_are_read_as_they_were_written() {
    let Entry::Ended(there) = read(ID, &stored(&ended())) else {
        panic!("an ending");
    };
    assert_eq!(
        (there.by, there.reason),
        (WriteId::from_stored([5; 16]), EndReason::Replaced)
    );
    let Entry::Renewed(there) = read(ID, &stored(&renewed())) else {
        panic!("a renewal");
    };
    assert_eq!(there.next, SessionId::from_stored([8; 32]));
    assert_eq!(there.until, deadline(1_767_225_700_000));
}

#[test]
fn damage_of_any_byte_is_damage() {
    for entry in [ended(), renewed()] {
        let bytes = stored(&entry);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                assert!(
                    matches!(read(ID, &damaged), Entry::Damaged),
                    "byte {at}, bit {bit}"
                );
            }
        }
        for len in 0..bytes.len() {
            assert!(
                matches!(read(ID, &bytes[..len]), Entry::Damaged),
                "{len} bytes"
            );
        }
    }
}

#[test]
fn a_memory_of_another_id_is_damage() {
    let other = SessionId::from_stored([1; 32]);
    assert!(matches!(read(other, &stored(&ended())), Entry::Damaged));
}

#[test]
fn a_newer_version_is_told_apart_from_damage() {
    let mut newer = stored(&ended());
    newer[2..4].copy_from_slice(&guarded(2));
    assert!(matches!(read(ID, &newer), Entry::NewerVersion));
    let mut another = stored(&ended());
    another[..2].copy_from_slice(&guarded(9));
    assert!(matches!(read(ID, &another), Entry::NewerVersion));
}

#[test]
fn a_large_record_is_cut_into_chunks() {
    for (len, chunks) in [
        (0, 0),
        (PART, 0),
        (PART + 1, 1),
        (2 * PART, 1),
        (10 * PART + 5, 10),
    ] {
        let bytes: Vec<u8> = (0..len).map(|at| at as u8).collect();
        let written = write_record(&bytes);
        assert_eq!(written.chunks.len(), chunks);
        let Value::Record {
            chunks: counted,
            part,
        } = Value::read(ID, &written.value)
        else {
            panic!("a record");
        };
        assert_eq!(usize::from(counted), chunks);
        let mut whole = part.to_vec();
        whole.extend(written.chunks.concat());
        assert_eq!(whole, bytes);
    }
}
