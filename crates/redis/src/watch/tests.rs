use cloakroom_core::SystemClock;

use super::*;

/// Somebody who looks, and what was reported.
fn watch() -> (Watch, Arc<Mutex<Vec<Warning>>>) {
    let reported = Arc::new(Mutex::new(Vec::new()));
    let to = reported.clone();
    let report = move |warning| {
        to.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(warning);
    };
    let watch = Watch {
        eviction: Eviction::Ask,
        on_drift: OnDrift::Warn,
        margin: EVERY,
        clock: Arc::new(SystemClock),
        report: Report::new(report),
        state: State::default(),
    };
    (watch, reported)
}

#[test]
fn a_look_is_due_at_first_and_a_minute_after_the_last() {
    let (watch, _) = watch();
    let first = Instant::now();
    assert!(watch.is_due(first));
    assert!(!watch.is_due(first), "another has it already");
    assert!(!watch.is_due(first + EVERY / 2));
    assert!(watch.is_due(first + EVERY));
    assert!(!watch.is_due(first + EVERY));
}

#[test]
fn a_warning_is_given_once_until_it_is_over() {
    let (watch, reported) = watch();
    let evicts = |policy: &str| Warning::MayEvict {
        policy: policy.to_owned(),
    };
    let drift = |there| Warning::ClockDrift {
        here: Timestamp::from_millis(0),
        there: Timestamp::from_millis(there),
    };
    for (looked, told) in [
        (vec![evicts("one")], vec![evicts("one")]),
        // Of the same sort, and of another.
        (vec![evicts("two"), drift(1)], vec![drift(1)]),
        (vec![drift(2), drift(3)], vec![]),
        (vec![evicts("three"), drift(4)], vec![evicts("three")]),
        (vec![], vec![]),
        (vec![drift(5), drift(6)], vec![drift(5)]),
    ] {
        watch.tell(looked.clone());
        let now = std::mem::take(&mut *reported.lock().unwrap());
        assert_eq!(now, told, "{looked:?}");
    }
}
