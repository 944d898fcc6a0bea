//! The file beside sled's that tells how far the store had come.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use crate::layout::bytes::{Fields, checked, checksum, guarded};
use crate::layout::identity::StoreId;

/// The name of the file. Its presence marks a directory as a store, and its lock an open one.
pub(crate) const NAME: &str = "cloakroom.witness";

/// The form that this version writes.
pub(crate) const VERSION: u8 = 1;

const MAGIC: [u8; 4] = *b"CLWT";
/// The slots are written in turn, so that one is whole at any instant; apart, so that no disk
/// rewrites both at once.
const SLOTS: [u64; 2] = [0, 4096];
const SLOT_LEN: usize = 36;

/// What the witness has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Testimony {
    pub(crate) store: StoreId,
    /// Whether anything was ever stored: until then the store is being made.
    pub(crate) in_use: bool,
    /// A batch that is on disk for certain.
    pub(crate) sequence: u64,
}

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// Nothing yet: it was only just made.
    Nothing,
    Testimony(Testimony),
    Newer(u8),
    Damaged,
}

/// The file, open and locked.
#[derive(Debug)]
pub(crate) struct Witness {
    file: File,
    next_slot: usize,
}

impl Witness {
    /// Reads the file.
    pub(crate) fn read(file: File) -> io::Result<(Self, Said)> {
        let mut best = None;
        let mut newer = None;
        let mut next_slot = 0;
        for (number, offset) in SLOTS.into_iter().enumerate() {
            match read_slot(&read_up_to(&file, offset)?) {
                Slot::Testimony(said) => {
                    let older = |best: Testimony| {
                        (best.in_use, best.sequence) < (said.in_use, said.sequence)
                    };
                    if best.is_none_or(older) {
                        best = Some(said);
                        next_slot = 1 - number;
                    }
                }
                Slot::Newer(version) => newer = Some(version),
                Slot::Unreadable => {}
            }
        }
        let said = match (newer, best) {
            (Some(version), _) => Said::Newer(version),
            (None, Some(said)) => Said::Testimony(said),
            (None, None) if file.metadata()?.len() == 0 => Said::Nothing,
            (None, None) => Said::Damaged,
        };
        Ok((Self { file, next_slot }, said))
    }

    /// Puts a testimony on disk.
    pub(crate) fn write(&mut self, said: &Testimony) -> io::Result<()> {
        let offset = SLOTS.get(self.next_slot).copied().unwrap_or_default();
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(&said.write())?;
        self.file.sync_data()?;
        self.next_slot = 1 - self.next_slot;
        Ok(())
    }
}

impl Testimony {
    fn write(&self) -> [u8; SLOT_LEN] {
        let mut slot = Vec::with_capacity(SLOT_LEN);
        slot.extend_from_slice(&MAGIC);
        slot.extend_from_slice(&guarded(VERSION));
        slot.extend_from_slice(&[u8::from(self.in_use), 0]);
        slot.extend_from_slice(&self.store);
        slot.extend_from_slice(&self.sequence.to_be_bytes());
        let sum = checksum([&slot]);
        slot.extend_from_slice(&sum);
        let mut bytes = [0; SLOT_LEN];
        bytes.copy_from_slice(&slot);
        bytes
    }
}

enum Slot {
    Testimony(Testimony),
    Newer(u8),
    Unreadable,
}

fn read_slot(bytes: &[u8]) -> Slot {
    let mut fields = Fields(bytes);
    if fields.array() != Some(MAGIC) {
        return Slot::Unreadable;
    }
    match fields.guarded() {
        Some(VERSION) => read_testimony(bytes).map_or(Slot::Unreadable, Slot::Testimony),
        Some(version) if version > VERSION => Slot::Newer(version),
        _ => Slot::Unreadable,
    }
}

fn read_testimony(bytes: &[u8]) -> Option<Testimony> {
    let mut fields = Fields(checked(&[], bytes)?.get(6..)?);
    let [in_use, zero] = fields.array()?;
    let said = Testimony {
        store: fields.array()?,
        in_use: in_use == 1,
        sequence: fields.u64()?,
    };
    fields.end()?;
    (in_use <= 1 && zero == 0).then_some(said)
}

/// The bytes of a slot, as many as there are.
fn read_up_to(mut file: &File, offset: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::with_capacity(SLOT_LEN);
    file.take(SLOT_LEN as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
