use super::*;
use crate::scratch::Scratch;

const FIRST: Testimony = Testimony {
    store: [7; 16],
    in_use: true,
    sequence: 1,
};

fn at(sequence: u64) -> Testimony {
    Testimony { sequence, ..FIRST }
}

fn open(dir: &Scratch) -> (Witness, Said) {
    let mut options = File::options();
    let options = options.read(true).write(true).create(true).truncate(false);
    Witness::read(options.open(dir.path().join(NAME)).unwrap()).unwrap()
}

fn overwrite(dir: &Scratch, at: u64, change: impl FnOnce(&mut [u8])) {
    let path = dir.path().join(NAME);
    let mut bytes = std::fs::read(&path).unwrap();
    change(&mut bytes[at as usize..]);
    std::fs::write(&path, bytes).unwrap();
}

fn damage(dir: &Scratch, at: u64) {
    overwrite(dir, at, |bytes| bytes[0] ^= 1);
}

#[test]
fn the_last_testimony_counts() {
    let dir = Scratch::new();
    let (mut witness, said) = open(&dir);
    assert_eq!(said, Said::Nothing);
    for sequence in 1..6 {
        witness.write(&at(sequence)).unwrap();
        assert_eq!(open(&dir).1, Said::Testimony(at(sequence)));
    }
}

#[test]
fn a_slot_torn_in_mid_write_leaves_the_one_before() {
    let dir = Scratch::new();
    let (mut witness, _) = open(&dir);
    witness.write(&at(1)).unwrap();
    witness.write(&at(2)).unwrap();
    for torn in 0..SLOT_LEN as u64 {
        damage(&dir, SLOTS[1] + torn);
        assert_eq!(open(&dir).1, Said::Testimony(at(1)), "byte {torn}");
        damage(&dir, SLOTS[1] + torn);
    }
    // The next is written over the torn one, not over the one that is whole.
    damage(&dir, SLOTS[1] + 9);
    let (mut witness, _) = open(&dir);
    witness.write(&at(3)).unwrap();
    damage(&dir, SLOTS[1] + 9);
    assert_eq!(open(&dir).1, Said::Testimony(at(1)));
}

#[test]
fn both_slots_damaged_is_damage_and_not_a_new_store() {
    let dir = Scratch::new();
    let (mut witness, _) = open(&dir);
    witness.write(&at(1)).unwrap();
    witness.write(&at(2)).unwrap();
    damage(&dir, SLOTS[0] + 20);
    damage(&dir, SLOTS[1] + 20);
    assert_eq!(open(&dir).1, Said::Damaged);
}

#[test]
fn a_newer_version_is_told_apart() {
    let dir = Scratch::new();
    let (mut witness, _) = open(&dir);
    witness.write(&at(1)).unwrap();
    overwrite(&dir, SLOTS[0] + 4, |bytes| {
        bytes[..2].copy_from_slice(&guarded(2))
    });
    assert_eq!(open(&dir).1, Said::Newer(2));
}
