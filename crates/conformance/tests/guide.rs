//! What the guide promises.

#[test]
fn the_smallest_complete_store_has_less_than_150_lines() {
    let store = include_str!("../src/reference/memory.rs");
    assert!(store.lines().count() < 150);
}
