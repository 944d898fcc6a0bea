//! How long ago something was, in words.
//!
//! The server does not know the user's time zone, and "5 minutes ago" needs none.

use std::time::Duration;

use cloakroom::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// "just now", "5 minutes ago", "3 days ago".
pub(crate) fn ago(then: Timestamp, now: Timestamp) -> String {
    match now.since(then).as_secs() {
        seconds if seconds < MINUTE => "just now".to_owned(),
        seconds if seconds < HOUR => counted(seconds / MINUTE, "minute"),
        seconds if seconds < DAY => counted(seconds / HOUR, "hour"),
        seconds => counted(seconds / DAY, "day"),
    }
}

/// "20 seconds", "5 minutes": a setting as a person would say it.
pub(crate) fn in_words(span: Duration) -> String {
    let seconds = span.as_secs();
    let (count, unit) = match seconds {
        seconds if seconds >= HOUR && seconds.is_multiple_of(HOUR) => (seconds / HOUR, "hour"),
        seconds if seconds >= MINUTE && seconds.is_multiple_of(MINUTE) => {
            (seconds / MINUTE, "minute")
        }
        seconds => (seconds, "second"),
    };
    plural(count, unit)
}

fn counted(count: u64, unit: &str) -> String {
    format!("{} ago", plural(count, unit))
}

fn plural(count: u64, unit: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        let now = Timestamp::from_millis(1_000_000_000_000);
        for (seconds, words) in [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3599, "59 minutes ago"),
            (3600, "1 hour ago"),
            (86_399, "23 hours ago"),
            (86_400, "1 day ago"),
            (10 * 86_400, "10 days ago"),
        ] {
            assert_eq!(ago(now.minus(Duration::from_secs(seconds)), now), words);
        }
        // A host whose clock is a little ahead.
        assert_eq!(ago(now.plus(Duration::from_secs(5)), now), "just now");
    }

    #[test]
    fn settings_read_well() {
        for (seconds, words) in [
            (1, "1 second"),
            (90, "90 seconds"),
            (300, "5 minutes"),
            (3600, "1 hour"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }
}
