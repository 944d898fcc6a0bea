//! How time moves between operations.

use std::collections::BTreeSet;
use std::time::Duration;

use cloakroom_core::Timestamp;

/// Bytes below leave the time as it is.
const STAY: u8 = 208;

/// Bytes below let it pass by a few milliseconds, so that not everything has happened at once.
const PASS: u8 = 232;

/// The time after a step's pause: most often the same, or a little later; else around an instant at
/// which something is over, the next one most often: the millisecond before, the very one, or the one
/// after.
pub(crate) fn pause(byte: u8, now: Timestamp, instants: &BTreeSet<Timestamp>) -> Timestamp {
    if byte < STAY {
        return now;
    }
    if byte < PASS {
        let little = 1 + u64::from((byte - STAY) % 3);
        return now.plus(Duration::from_millis(little));
    }
    let choice = byte - PASS;
    let later: Vec<_> = instants.iter().filter(|at| **at > now).collect();
    let which = match choice / 3 {
        0..4 => 0,
        4..6 => 1,
        last => usize::from(last),
    };
    let around = match later.get(which % later.len().max(1)) {
        Some(instant) => instant.as_millis(),
        None => now.plus(Duration::from_millis(1)).as_millis(),
    };
    Timestamp::from_millis(around + u64::from(choice % 3) - 1).max(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stays_or_lands_around_what_is_over() {
        let at = Timestamp::from_millis;
        let instants = BTreeSet::from([at(5), at(100), at(200)]);
        assert_eq!(pause(0, at(10), &instants), at(10));
        assert_eq!(pause(STAY, at(10), &instants), at(11));
        let landed: BTreeSet<_> = (PASS..=255).map(|b| pause(b, at(10), &instants)).collect();
        assert_eq!(
            landed,
            BTreeSet::from([99, 100, 101, 199, 200, 201].map(at))
        );
    }

    #[test]
    fn time_never_goes_back() {
        let now = Timestamp::from_millis(10);
        for byte in 0..=u8::MAX {
            assert!(pause(byte, now, &BTreeSet::new()) >= now);
            assert!(pause(byte, now, &BTreeSet::from([now])) >= now);
        }
    }
}
