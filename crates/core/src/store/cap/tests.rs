use super::*;

#[test]
fn it_is_one_to_ten_thousand() {
    assert_eq!(Cap::new(0, OnCap::Refuse), Err(InvalidCap::Zero));
    for max in [1, 2, 9_999, 10_000] {
        assert_eq!(Cap::new(max, OnCap::Refuse).unwrap().max(), max);
    }
    for found in [10_001, u32::MAX] {
        assert_eq!(
            Cap::new(found, OnCap::Refuse),
            Err(InvalidCap::TooHigh { found })
        );
    }
}

#[test]
fn it_keeps_what_happens_then() {
    for on_cap in [
        OnCap::EvictOldest,
        OnCap::EvictLeastRecentlySeen,
        OnCap::Refuse,
    ] {
        assert_eq!(Cap::new(5, on_cap).unwrap().on_cap(), on_cap);
    }
}

#[test]
fn there_is_a_default_one() {
    let cap = Cap::default();
    assert_eq!(Cap::new(cap.max(), cap.on_cap()), Ok(cap));
}

#[test]
fn the_error_names_the_number() {
    let message = InvalidCap::TooHigh { found: 10_001 }.to_string();
    assert!(
        message.contains("10001") && message.contains("10000"),
        "{message}"
    );
}
