use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

#[test]
fn it_stops_at_the_last_instant() {
    assert_eq!(Timestamp::MAX.as_millis(), 9_007_199_254_740_991);
    // Engines that keep a score as a double hold it exactly, and every instant before it.
    let last = Timestamp::MAX.as_millis();
    assert_eq!((last as f64) as u64, last);
    assert_ne!(last as f64, (last - 1) as f64);

    assert_eq!(Timestamp::from_millis(u64::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::MAX.plus(MS), Timestamp::MAX);
    assert_eq!(Timestamp::MAX.plus(Duration::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::EPOCH.plus(Duration::MAX), Timestamp::MAX);
    let before = Timestamp::from_millis(last - 1);
    assert_eq!(before.plus(MS), Timestamp::MAX);
}

#[test]
fn what_is_below_a_millisecond_is_dropped() {
    let at = Timestamp::from_millis(5);
    assert_eq!(at.plus(Duration::from_nanos(999_999)), at);
    assert_eq!(at.plus(Duration::from_nanos(1_999_999)).as_millis(), 6);
}

#[test]
fn the_past_is_no_time_ago() {
    let (early, late) = (Timestamp::from_millis(5), Timestamp::from_millis(8));
    assert_eq!(late.since(early), Duration::from_millis(3));
    assert_eq!(early.since(late), Duration::ZERO);
}

#[test]
fn a_deadline_is_over_at_its_instant_and_not_before() {
    let deadline = Deadline::at(Timestamp::from_millis(1_000));
    assert!(!deadline.is_over(Timestamp::EPOCH));
    assert!(!deadline.is_over(Timestamp::from_millis(999)));
    assert!(deadline.is_over(Timestamp::from_millis(1_000)));
    assert!(deadline.is_over(Timestamp::from_millis(1_001)));
    assert!(deadline.is_over(Timestamp::MAX));

    assert_eq!(deadline.remaining(Timestamp::from_millis(999)), MS);
    assert_eq!(
        deadline.remaining(Timestamp::from_millis(1_000)),
        Duration::ZERO
    );
    assert_eq!(
        deadline.remaining(Timestamp::from_millis(2_000)),
        Duration::ZERO
    );
}

#[test]
fn no_deadline_is_never_over() {
    assert!(Deadline::at(Timestamp::MAX).is_over(Timestamp::MAX));
    assert!(Deadline::at(Timestamp::EPOCH).is_over(Timestamp::EPOCH));
}

#[test]
fn reading_one_bounds_it() {
    let read: Timestamp = serde_json::from_str("18446744073709551615").unwrap();
    assert_eq!(read, Timestamp::MAX);
    assert_eq!(
        serde_json::to_string(&Timestamp::from_millis(7)).unwrap(),
        "7"
    );
    assert!(serde_json::from_str::<Timestamp>("-1").is_err());
}

#[test]
fn durations_have_whole_milliseconds() {
    assert_eq!(millis(Duration::ZERO), 0);
    assert_eq!(millis(Duration::from_nanos(999_999)), 0);
    assert_eq!(millis(Duration::from_micros(1_500)), 1);
    assert_eq!(millis(Duration::MAX), u64::MAX);
}

proptest! {
    #[test]
    fn a_deadline_is_over_as_soon_as_nothing_remains(deadline: u64, now: u64) {
        let deadline = Deadline::at(Timestamp::from_millis(deadline));
        let now = Timestamp::from_millis(now);
        prop_assert_eq!(deadline.is_over(now), deadline.remaining(now).is_zero());
    }

    #[test]
    fn sums_never_go_back(at: u64, by: Duration) {
        let at = Timestamp::from_millis(at);
        let sum = at.plus(by);
        prop_assert!(sum >= at && sum <= Timestamp::MAX);
        prop_assert!(sum.since(at) <= by);
    }
}

#[test]
fn what_was_added_can_be_taken_away_down_to_the_epoch() {
    let at = Timestamp::from_millis(1_000);
    let some = Duration::from_micros(2_900);
    assert_eq!(at.plus(some).minus(some), at);
    assert_eq!(at.minus(Duration::from_millis(1_000)), Timestamp::EPOCH);
    assert_eq!(at.minus(Duration::MAX), Timestamp::EPOCH);
}
