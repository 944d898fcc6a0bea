//! The head of a token set, as a member of the sorted set.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_core::semantics::SetHead;
use cloakroom_core::{Generation, Timestamp, WriteId};

/// 16 bytes in base64url.
const TEXT: usize = 22;

/// The stored form of a head: the member, and its score.
///
/// `g:GENERATION`, or `g:GENERATION:WRITE` where a write has revoked the whole set, each 16 bytes in
/// base64url. The score is the time until which the set is kept, **negated**: sessions have their
/// deadline as a positive score, so that the head is what has the lowest.
pub(crate) fn encode(head: &SetHead) -> (Vec<u8>, i64) {
    let mut member = of(&head.generation);
    if let Some(by) = &head.revoked_by {
        member.push(b':');
        member.extend_from_slice(&text(by.as_bytes()));
    }
    (member, score(head.kept_until))
}

/// What the head of this generation begins with.
pub(crate) fn of(generation: &Generation) -> Vec<u8> {
    [b"g:", &text(generation.as_bytes())[..]].concat()
}

/// Reads a head; none where it is none.
pub(crate) fn decode(member: &[u8], score: f64) -> Option<SetHead> {
    let rest = member.strip_prefix(b"g:")?;
    let (generation, rest) = rest.split_first_chunk::<TEXT>()?;
    let revoked_by = match rest.strip_prefix(b":") {
        None if rest.is_empty() => None,
        None => return None,
        Some(by) => Some(WriteId::from_stored(bytes(by.try_into().ok()?)?)),
    };
    Some(SetHead {
        generation: Generation::from_stored(bytes(generation)?),
        kept_until: kept_until(score)?,
        revoked_by,
    })
}

/// Timestamps are below 2^53, so that a score holds them exactly.
fn score(kept_until: Timestamp) -> i64 {
    -(kept_until.as_millis() as i64)
}

fn kept_until(score: f64) -> Option<Timestamp> {
    let millis = -score;
    let fits = (0.0..=Timestamp::MAX.as_millis() as f64).contains(&millis) && millis.fract() == 0.0;
    fits.then(|| Timestamp::from_millis(millis as u64))
}

fn text(bytes: &[u8; 16]) -> [u8; TEXT] {
    let mut text = [0; TEXT];
    // 16 bytes make exactly 22 characters.
    let _ = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
    text
}

fn bytes(text: &[u8; TEXT]) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_as_they_were_written() {
        for revoked_by in [None, Some(WriteId::from_stored([5; 16]))] {
            for kept_until in [Timestamp::EPOCH, Timestamp::from_millis(1), Timestamp::MAX] {
                let head = SetHead {
                    generation: Generation::from_stored([0xfb; 16]),
                    kept_until,
                    revoked_by,
                };
                let (member, score) = encode(&head);
                // A listpack holds members of up to 64 bytes.
                assert!(member.len() <= 64);
                assert_eq!(decode(&member, score as f64), Some(head));
            }
        }
    }

    #[test]
    fn what_is_no_head_is_not_read() {
        let good = "g:AAAAAAAAAAAAAAAAAAAAAA";
        assert!(decode(good.as_bytes(), -1.0).is_some());
        for bad in [
            "",
            "g:",
            "h:AAAAAAAAAAAAAAAAAAAAAA",
            "g:AAAAAAAAAAAAAAAAAAAAA",
            "g:AAAAAAAAAAAAAAAAAAAAAB",
            "g:AAAAAAAAAAAAAAAAAAAAAA:",
            "g:AAAAAAAAAAAAAAAAAAAAAAx",
            "g:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAA*",
        ] {
            assert_eq!(decode(bad.as_bytes(), -1.0), None, "{bad}");
        }
        for score in [1.0, -0.5, f64::NEG_INFINITY, f64::NAN, -1e300] {
            assert_eq!(decode(good.as_bytes(), score), None, "{score}");
        }
    }
}
