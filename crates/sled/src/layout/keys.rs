//! The keys.

use cloakroom_core::{Placement, SessionId, Subject};

/// Which store this is, and in which format.
pub(crate) const IDENTITY: [u8; 2] = [META, 1];
/// How far the store has come, and the digest of all that it holds.
pub(crate) const STATE: [u8; 2] = [META, 2];

const META: u8 = 0;
const ENTRY: u8 = 1;
const CHUNK: u8 = 2;
const HEAD: u8 = 3;
const MEMBER: u8 = 4;

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Identity,
    State,
    Entry(SessionId),
    Chunk,
    Head(Subject),
    Member(Subject, SessionId),
}

impl Key {
    /// Reads a key; none for one that this version does not write.
    pub(crate) fn parse(key: &[u8]) -> Option<Self> {
        if key == IDENTITY {
            return Some(Self::Identity);
        }
        if key == STATE {
            return Some(Self::State);
        }
        let (kind, rest) = key.split_first()?;
        match *kind {
            ENTRY => Some(Self::Entry(SessionId::from_stored(rest.try_into().ok()?))),
            CHUNK if rest.len() == SessionId::LEN + 2 => Some(Self::Chunk),
            HEAD => match split_subject(rest)? {
                (_, subject, []) => Some(Self::Head(subject)),
                _ => None,
            },
            MEMBER => {
                let (placement, subject, digest) = split_subject(rest)?;
                Some(Self::Member(subject, id_of(placement, digest)?))
            }
            _ => None,
        }
    }
}

pub(crate) fn entry(id: SessionId) -> [u8; 1 + SessionId::LEN] {
    let mut key = [ENTRY; 1 + SessionId::LEN];
    let (_, rest) = key.split_at_mut(1);
    rest.copy_from_slice(id.as_bytes());
    key
}

/// The key after which the entries of all ids begin.
pub(crate) const fn entries() -> [u8; 1] {
    [ENTRY]
}

/// The key after which the entries of a placement begin.
pub(crate) fn entries_of(placement: Placement) -> [u8; 1 + Placement::LEN] {
    let mut key = [ENTRY; 1 + Placement::LEN];
    let (_, rest) = key.split_at_mut(1);
    rest.copy_from_slice(&placement.to_bytes());
    key
}

/// The key before which the entries of all ids end.
pub(crate) const fn entries_end() -> [u8; 1] {
    [ENTRY + 1]
}

/// The id of an entry's key.
pub(crate) fn id_of_entry(key: &[u8]) -> Option<SessionId> {
    let bytes = key.strip_prefix(&[ENTRY])?;
    Some(SessionId::from_stored(bytes.try_into().ok()?))
}

pub(crate) fn chunk(id: SessionId, number: u16) -> [u8; 3 + SessionId::LEN] {
    let mut key = [CHUNK; 3 + SessionId::LEN];
    let (_, rest) = key.split_at_mut(1);
    let (place, count) = rest.split_at_mut(SessionId::LEN);
    place.copy_from_slice(id.as_bytes());
    count.copy_from_slice(&number.to_be_bytes());
    key
}

pub(crate) fn head(placement: Placement, subject: &Subject) -> Vec<u8> {
    of_subject(HEAD, placement, subject)
}

/// What the keys of all members of a set begin with, and no other keys.
pub(crate) fn members(placement: Placement, subject: &Subject) -> Vec<u8> {
    of_subject(MEMBER, placement, subject)
}

pub(crate) fn member(placement: Placement, subject: &Subject, id: SessionId) -> Vec<u8> {
    let mut key = members(placement, subject);
    key.extend_from_slice(id.digest());
    key
}

/// The id of a member's key, from what follows the subject.
pub(crate) fn id_of(placement: Placement, digest: &[u8]) -> Option<SessionId> {
    let digest: &[u8; SessionId::DIGEST_LEN] = digest.try_into().ok()?;
    let mut bytes = [0; SessionId::LEN];
    let (head, tail) = bytes.split_at_mut(Placement::LEN);
    head.copy_from_slice(&placement.to_bytes());
    tail.copy_from_slice(digest);
    Some(SessionId::from_stored(bytes))
}

/// The subject's length stands before it, so that no subject's keys begin like another's.
fn of_subject(kind: u8, placement: Placement, subject: &Subject) -> Vec<u8> {
    let subject = subject.as_str().as_bytes();
    let mut key = Vec::with_capacity(5 + subject.len() + SessionId::DIGEST_LEN);
    key.push(kind);
    key.extend_from_slice(&placement.to_bytes());
    // A subject has at most 256 bytes.
    key.extend_from_slice(&(subject.len() as u16).to_be_bytes());
    key.extend_from_slice(subject);
    key
}

fn split_subject(key: &[u8]) -> Option<(Placement, Subject, &[u8])> {
    let (placement, rest) = key.split_first_chunk()?;
    let (len, rest) = rest.split_first_chunk()?;
    let (subject, rest) = rest.split_at_checked(u16::from_be_bytes(*len).into())?;
    let subject = Subject::new(std::str::from_utf8(subject).ok()?).ok()?;
    Some((Placement::from_bytes(*placement), subject, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(text: &str) -> Subject {
        Subject::new(text).unwrap()
    }

    #[test]
    fn keys_are_read_as_they_were_written() {
        let id = SessionId::from_stored([7; 32]);
        let place = id.placement();
        assert_eq!(Key::parse(&IDENTITY), Some(Key::Identity));
        assert_eq!(Key::parse(&STATE), Some(Key::State));
        assert_eq!(Key::parse(&entry(id)), Some(Key::Entry(id)));
        assert_eq!(id_of_entry(&entry(id)), Some(id));
        assert_eq!(Key::parse(&chunk(id, 3)), Some(Key::Chunk));
        for text in [
            "a",
            "a:b",
            "*",
            "{x}",
            "new\nline",
            "nul\0",
            &"u".repeat(256),
        ] {
            let who = subject(text);
            assert_eq!(Key::parse(&head(place, &who)), Some(Key::Head(who.clone())));
            assert_eq!(
                Key::parse(&member(place, &who, id)),
                Some(Key::Member(who, id))
            );
        }
    }

    #[test]
    fn no_subject_reaches_the_members_of_another() {
        let place = Placement::from_bytes([1, 2]);
        let id = SessionId::from_stored([b'b'; 32]);
        let short = members(place, &subject("a"));
        for longer in ["ab", "a\0", "abbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"] {
            assert!(!member(place, &subject(longer), id).starts_with(&short));
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        for key in [
            &[][..],
            &[0],
            &[0, 3],
            &[1, 2],
            &[2],
            &[3, 0, 0, 0, 0],
            &[9],
        ] {
            assert_eq!(Key::parse(key), None, "{key:?}");
        }
    }
}
