//! The names of the keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_core::{Error, ErrorKind, Operation, Placement, Result, SessionId, Subject};

/// The names of the keys of one application: all begin with its prefix, and all of one placement
/// have the same hash tag.
///
/// | key | type | what |
/// | --- | --- | --- |
/// | `PREFIX:{PLACEMENT}:s:ID` | string | a session, or the memory of an id |
/// | `PREFIX:{PLACEMENT}:u:SUBJECT` | sorted set | a token set |
/// | `PREFIX:{0000}:k:placement` | string | the digest of the placement key |
/// | `PREFIX:{0000}:k:margin` | string | the margin of the times to live |
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    prefix: Vec<u8>,
}

/// What a key is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    Id(SessionId),
    Set(Placement, Subject),
}

impl Keys {
    /// Where that is which belongs to no placement, and has to be somewhere.
    pub(crate) const PLACEMENT_OF_NONE: Placement = Placement::from_bytes([0, 0]);

    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfiguration`] where the prefix has braces, which would be taken for the
    /// hash tag, or is empty.
    pub(crate) fn new(prefix: &str) -> Result<Self> {
        if prefix.is_empty() || prefix.contains(['{', '}']) {
            let why =
                "a key prefix is not empty and has no braces: they mark what shares a hash slot";
            return Err(Error::with_source(
                ErrorKind::InvalidConfiguration,
                Operation::Open,
                why,
            ));
        }
        Ok(Self {
            prefix: prefix.as_bytes().to_vec(),
        })
    }

    /// Where a session, or the memory of one, is stored.
    pub(crate) fn id(&self, id: SessionId) -> Vec<u8> {
        let mut key = self.of(id.placement(), b's', SessionId::TEXT_LEN);
        key.extend_from_slice(&member(id));
        key
    }

    /// Where a token set is stored.
    pub(crate) fn set(&self, placement: Placement, subject: &Subject) -> Vec<u8> {
        let mut key = self.of(placement, b'u', subject.as_str().len());
        key.extend_from_slice(subject.as_str().as_bytes());
        key
    }

    /// Where the digest of the placement key is stored.
    pub(crate) fn placement_key(&self) -> Vec<u8> {
        self.agreed(b"placement")
    }

    /// Where the margin that all hosts have is stored.
    pub(crate) fn margin(&self) -> Vec<u8> {
        self.agreed(b"margin")
    }

    fn agreed(&self, what: &[u8]) -> Vec<u8> {
        let mut key = self.of(Self::PLACEMENT_OF_NONE, b'k', what.len());
        key.extend_from_slice(what);
        key
    }

    /// A pattern of `SCAN` that every session matches.
    pub(crate) fn every_id(&self) -> Vec<u8> {
        self.pattern(b's')
    }

    /// A pattern of `SCAN` that every token set matches.
    pub(crate) fn every_set(&self) -> Vec<u8> {
        self.pattern(b'u')
    }

    /// Reads a name; none where it is none of ours.
    pub(crate) fn parse(&self, key: &[u8]) -> Option<Named> {
        let rest = key.strip_prefix(&self.prefix[..])?.strip_prefix(b":{")?;
        let (hex, rest) = rest.split_first_chunk::<4>()?;
        let placement =
            Placement::from_bytes([from_hex(hex[0], hex[1])?, from_hex(hex[2], hex[3])?]);
        let rest = rest.strip_prefix(b"}:")?;
        match rest.split_first_chunk::<2>()? {
            (b"s:", id) => Some(Named::Id(from_member(placement, id)?)),
            (b"u:", subject) => {
                let subject = std::str::from_utf8(subject).ok()?;
                Some(Named::Set(placement, Subject::new(subject).ok()?))
            }
            _ => None,
        }
    }

    fn of(&self, placement: Placement, kind: u8, more: usize) -> Vec<u8> {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut key = Vec::with_capacity(self.prefix.len() + 10 + more);
        key.extend_from_slice(&self.prefix);
        key.extend_from_slice(b":{");
        for byte in placement.to_bytes() {
            key.push(HEX[usize::from(byte >> 4)]);
            key.push(HEX[usize::from(byte & 15)]);
        }
        key.extend_from_slice(&[b'}', b':', kind, b':']);
        key
    }

    /// What a pattern would read as more than itself is escaped.
    fn pattern(&self, kind: u8) -> Vec<u8> {
        let mut pattern = Vec::with_capacity(self.prefix.len() * 2 + 16);
        for byte in &self.prefix {
            if b"*?[]^\\-".contains(byte) {
                pattern.push(b'\\');
            }
            pattern.push(*byte);
        }
        pattern.extend_from_slice(b":{????}:");
        pattern.extend_from_slice(&[kind, b':', b'*']);
        pattern
    }
}

/// An id as the member of a token set, and as the end of its key: its digest in base64url.
pub(crate) fn member(id: SessionId) -> [u8; SessionId::TEXT_LEN] {
    let mut text = [0; SessionId::TEXT_LEN];
    // 30 bytes make exactly 40 characters.
    let _ = URL_SAFE_NO_PAD.encode_slice(id.digest(), &mut text);
    text
}

/// The id of a member; none where it is none.
pub(crate) fn from_member(placement: Placement, member: &[u8]) -> Option<SessionId> {
    if member.len() != SessionId::TEXT_LEN {
        return None;
    }
    let mut id = [0; SessionId::LEN];
    let (head, digest) = id.split_at_mut(Placement::LEN);
    head.copy_from_slice(&placement.to_bytes());
    URL_SAFE_NO_PAD.decode_slice(member, digest).ok()?;
    Some(SessionId::from_stored(id))
}

fn from_hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    Some(digit(high)? << 4 | digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> SessionId {
        let mut bytes = [7; SessionId::LEN];
        bytes[..2].copy_from_slice(&[0xa3, 0xf1]);
        SessionId::from_stored(bytes)
    }

    #[test]
    fn names_are_what_the_format_says_and_are_read_back() {
        let keys = Keys::new("cloakroom").unwrap();
        let key = keys.id(id());
        assert_eq!(
            String::from_utf8(key.clone()).unwrap(),
            "cloakroom:{a3f1}:s:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH"
        );
        assert_eq!(keys.parse(&key), Some(Named::Id(id())));
        for name in ["ada", ":*", "{}", "{b}:u:x", "\n\0", "s:"] {
            let subject = Subject::new(name).unwrap();
            let key = keys.set(id().placement(), &subject);
            assert_eq!(key, [b"cloakroom:{a3f1}:u:", name.as_bytes()].concat());
            assert_eq!(
                keys.parse(&key),
                Some(Named::Set(id().placement(), subject))
            );
        }
    }

    #[test]
    fn keys_of_others_are_not_read() {
        let keys = Keys::new("app").unwrap();
        for other in [
            "app",
            "app:",
            "app:{a3f1}",
            "app:{a3f1}:s:",
            "app:{a3f1}:s:short",
            "app:{A3F1}:u:ada",
            "app:x:{a3f1}:u:ada",
            "app1:{a3f1}:u:ada",
            "app:{a3f1}:v:ada",
            "app:{0000}:k:placement",
            "app:{0000}:k:margin",
        ] {
            assert_eq!(keys.parse(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_prefix_is_escaped_as_a_pattern() {
        let keys = Keys::new("a*p?[x]\\").unwrap();
        assert_eq!(keys.every_id(), br"a\*p\?\[x\]\\:{????}:s:*");
    }

    #[test]
    fn a_prefix_with_braces_is_refused() {
        for prefix in ["", "a{b", "a}b"] {
            let error = Keys::new(prefix).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfiguration, "{prefix}");
        }
    }
}
