use super::*;

#[test]
fn revisions_count_from_one_and_never_wrap() {
    assert_eq!(Revision::FIRST.get(), 1);
    assert_eq!(Revision::FIRST.next().get(), 2);
    assert!(Revision::FIRST < Revision::FIRST.next());
    let last = Revision::from_stored(u64::MAX);
    assert_eq!(last.next(), last);
    assert_eq!(Revision::from_stored(17).to_string(), "17");
}

#[test]
fn a_random_revision_leaves_room_to_count_exactly() {
    let drawn: Vec<u64> = (0..100).map(|_| Revision::random().get()).collect();
    assert!(drawn.iter().all(|drawn| (1..=1 << 48).contains(drawn)));
    // Nor are they few: all below a 256th of the range is chance of one in 256 to the hundredth.
    assert!(drawn.iter().any(|drawn| *drawn > 1 << 40));
    assert_ne!(Revision::random(), Revision::random());
}

#[test]
fn generations_and_write_ids_are_never_the_same() {
    let one = Generation::random(Operation::Begin).unwrap();
    assert_ne!(one, Generation::random(Operation::Begin).unwrap());
    assert_ne!(WriteId::random(), WriteId::random());
}

#[test]
fn a_generation_is_not_shown() {
    let one = Generation::from_stored([0x5a; 16]);
    assert_eq!(format!("{one:?}"), "Generation(redacted)");
}

#[test]
fn they_come_back_from_their_bytes() {
    let bytes = std::array::from_fn(|at| at as u8);
    assert_eq!(Generation::from_stored(bytes).as_bytes(), &bytes);
    assert_eq!(WriteId::from_stored(bytes).as_bytes(), &bytes);
    let json = serde_json::to_string(&Generation::from_stored(bytes)).unwrap();
    assert_eq!(
        serde_json::from_str::<Generation>(&json).unwrap(),
        Generation::from_stored(bytes)
    );
}
