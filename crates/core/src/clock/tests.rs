use super::*;

#[test]
fn the_clock_of_this_host_is_past_2026_and_does_not_stand() {
    let start_of_2026 = Timestamp::from_millis(1_767_225_600_000);
    let before = SystemClock.now();
    assert!(before > start_of_2026);
    // Until it moves: a clock that stands never comes out of this.
    while SystemClock.now() == before {
        std::hint::spin_loop();
    }
}

#[test]
fn a_manual_clock_stands_until_it_is_moved() {
    let clock = ManualClock::new();
    assert_eq!(clock.now().as_millis(), 1_767_225_600_000);
    assert_eq!(ManualClock::default().now(), clock.now());
    clock.advance(Duration::from_millis(1));
    clock.advance(Duration::from_nanos(999_999));
    assert_eq!(clock.now().as_millis(), 1_767_225_600_001);

    let early = Timestamp::from_millis(5);
    clock.set(early);
    assert_eq!(clock.now(), early);
    assert_eq!(ManualClock::at(early).now(), early);
}

#[test]
fn clones_and_pointers_share_the_time() {
    let clock = ManualClock::new();
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    clock.advance(Duration::from_secs(1));
    assert_eq!(shared.now(), clock.now());
}

#[test]
fn a_manual_clock_stops_at_the_last_instant() {
    let clock = ManualClock::at(Timestamp::MAX);
    for by in [Duration::from_millis(1), Duration::MAX, Duration::MAX] {
        clock.advance(by);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
