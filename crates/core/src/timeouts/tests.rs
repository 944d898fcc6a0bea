use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

fn ten_years() -> u64 {
    millis(Timeouts::MAX)
}

#[test]
fn the_shortest_and_the_longest_are_allowed() {
    for (idle, overall) in [
        (MS, MS),
        (MS, Timeouts::MAX),
        (Timeouts::MAX, Timeouts::MAX),
    ] {
        let timeouts = Timeouts::new(idle, overall).unwrap();
        assert_eq!((timeouts.idle(), timeouts.overall()), (idle, overall));
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_its_values() {
    let below = Duration::from_nanos(999_999);
    for (idle, overall) in [
        (Duration::ZERO, MS),
        (MS, Duration::ZERO),
        (below, MS),
        (below, below),
    ] {
        let refused = Timeouts::new(idle, overall);
        assert_eq!(refused, Err(InvalidTimeouts::TooShort { idle, overall }));
    }

    let (idle, overall) = (Duration::from_secs(3601), Duration::from_secs(3600));
    let refused = Timeouts::new(idle, overall).unwrap_err();
    assert_eq!(
        refused,
        InvalidTimeouts::IdleBeyondOverall { idle, overall }
    );
    let message = refused.to_string();
    assert!(
        message.contains("3601s") && message.contains("3600s"),
        "{message}"
    );

    for overall in [Timeouts::MAX + Duration::from_nanos(1), Duration::MAX] {
        let refused = Timeouts::new(MS, overall);
        assert_eq!(refused, Err(InvalidTimeouts::TooLong { overall }));
    }
}

#[test]
fn what_is_below_a_millisecond_is_dropped() {
    let odd = MS * 5 + Duration::from_nanos(999_999);
    let timeouts = Timeouts::new(odd, odd).unwrap();
    assert_eq!((timeouts.idle(), timeouts.overall()), (MS * 5, MS * 5));
}

#[test]
fn the_presets_are_those_of_nist() {
    let (minute, hour, day) = (60, 3_600, 86_400);
    for (preset, idle, overall) in [
        (Timeouts::AAL1, 30 * day, 30 * day),
        (Timeouts::AAL2, hour, 24 * hour),
        (Timeouts::AAL3, 15 * minute, 12 * hour),
        (Timeouts::default(), 30 * minute, 12 * hour),
    ] {
        let (idle, overall) = (Duration::from_secs(idle), Duration::from_secs(overall));
        assert_eq!(Timeouts::new(idle, overall).unwrap(), preset);
    }
}

#[test]
fn reading_them_checks_them() {
    assert_eq!(
        serde_json::to_string(&Timeouts::AAL2).unwrap(),
        "[3600000,86400000]"
    );
    for refused in ["[0,1]", "[2,1]", "[1,18446744073709551615]", "[1]"] {
        assert!(
            serde_json::from_str::<Timeouts>(refused).is_err(),
            "{refused}"
        );
    }
}

proptest! {
    #[test]
    fn what_is_accepted_keeps_every_rule(idle: Duration, overall: Duration) {
        if let Ok(timeouts) = Timeouts::new(idle, overall) {
            prop_assert!(MS <= timeouts.idle());
            prop_assert!(timeouts.idle() <= timeouts.overall());
            prop_assert!(timeouts.overall() <= Timeouts::MAX);
        }
    }

    #[test]
    fn they_come_back_as_they_were_written(a in 1..=ten_years(), b in 1..=ten_years()) {
        let [idle, overall] = [a.min(b), a.max(b)].map(Duration::from_millis);
        let timeouts = Timeouts::new(idle, overall).unwrap();
        let json = serde_json::to_string(&timeouts).unwrap();
        prop_assert_eq!(serde_json::from_str::<Timeouts>(&json).unwrap(), timeouts);
    }
}
