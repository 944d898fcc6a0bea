//! What stands with a token set.

use cloakroom_core::semantics::SetHead;
use cloakroom_core::{Generation, Subject, Timestamp, WriteId};
use sha2::{Digest as _, Sha256};

use crate::layout::bytes::{Fields, checked, checksum, guarded};

const VERSION: u8 = 1;

pub(crate) fn write(subject: &Subject, head: &SetHead) -> Vec<u8> {
    let mut value = guarded(VERSION).to_vec();
    value.extend_from_slice(head.generation.as_bytes());
    value.extend_from_slice(&head.kept_until.as_millis().to_be_bytes());
    if let Some(write) = &head.revoked_by {
        value.extend_from_slice(write.as_bytes());
    }
    let sum = checksum([subject.as_str().as_bytes(), &value]);
    value.extend_from_slice(&sum);
    value
}

/// Reads a head. Any bytes at all are safe to read.
///
/// A damaged one stands for a set that was revoked since: its generation is one that no sign-in began
/// with, and the next write of the head mends it.
pub(crate) fn read(subject: &Subject, value: &[u8]) -> SetHead {
    read_intact(subject, value).unwrap_or_else(|| SetHead {
        generation: stand_in(value),
        kept_until: Timestamp::EPOCH,
        revoked_by: None,
    })
}

fn read_intact(subject: &Subject, value: &[u8]) -> Option<SetHead> {
    let mut fields = Fields(checked(subject.as_str().as_bytes(), value)?);
    if fields.guarded()? != VERSION {
        return None;
    }
    let generation = Generation::from_stored(fields.array()?);
    let kept_until = Timestamp::from_millis(fields.u64()?);
    let revoked_by = match fields.0 {
        [] => None,
        _ => Some(WriteId::from_stored(fields.array()?)),
    };
    fields.end()?;
    Some(SetHead {
        generation,
        kept_until,
        revoked_by,
    })
}

/// The same for the same bytes, so that `begin` and the `create` after it agree.
fn stand_in(value: &[u8]) -> Generation {
    let mut digest = Sha256::new();
    digest.update(b"cloakroom-sled damaged head");
    digest.update(value);
    let digest: [u8; 32] = digest.finalize().into();
    let mut bytes = [0; Generation::LEN];
    bytes.copy_from_slice(digest.split_at(Generation::LEN).0);
    Generation::from_stored(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        let subject = Subject::new("ada").unwrap();
        for revoked_by in [None, Some(WriteId::from_stored([3; 16]))] {
            let head = SetHead {
                generation: Generation::from_stored([1; 16]),
                kept_until: Timestamp::from_millis(77),
                revoked_by,
            };
            assert_eq!(read(&subject, &write(&subject, &head)), head);
        }
    }

    #[test]
    fn a_damaged_head_supersedes_every_sign_in() {
        let subject = Subject::new("ada").unwrap();
        let head = SetHead {
            generation: Generation::from_stored([1; 16]),
            kept_until: Timestamp::from_millis(77),
            revoked_by: None,
        };
        let bytes = write(&subject, &head);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            let read = read(&subject, &damaged);
            assert_ne!(read.generation, head.generation, "byte {at}");
            assert_eq!(read.kept_until, Timestamp::EPOCH);
        }
        let other = Subject::new("grace").unwrap();
        assert_ne!(read(&other, &bytes).generation, head.generation);
    }
}
