//! Fresh ids, and ids that are used again.

use cloakroom_core::SessionId;

use crate::model::World;

/// How many ids in each placement are used again.
const SLOTS: usize = 6;

/// Of these, the tokens of the last ones were issued by someone else.
const EXTERNAL: usize = 2;

/// Names ids: each placement has a few slots, and each slot names one id at a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots {
    named: [[u32; SLOTS]; 3],
}

/// A choice among them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    place: usize,
    slot: usize,
}

impl Slot {
    pub(crate) fn new(place: usize, byte: u8) -> Self {
        let slot = usize::from(byte) % SLOTS;
        Self { place, slot }
    }

    /// Whether its token was issued by someone else. Only such an id may be used again.
    pub(crate) fn is_external(self) -> bool {
        self.slot >= SLOTS - EXTERNAL
    }

    /// A slot whose token is one of the store's own.
    pub(crate) fn native(self) -> Self {
        let slot = self.slot % (SLOTS - EXTERNAL);
        Self { slot, ..self }
    }
}

impl Slots {
    /// The id that a slot names.
    pub(crate) fn id(&self, world: &World, slot: Slot) -> SessionId {
        let kind = if slot.is_external() { 'x' } else { 'n' };
        let number = self.named[slot.place][slot.slot];
        world.id(slot.place, &format!("{kind}{}-{number}", slot.slot))
    }

    /// Makes a slot name an id that no slot has named before.
    pub(crate) fn fresh(&mut self, world: &World, slot: Slot) -> SessionId {
        self.named[slot.place][slot.slot] += 1;
        self.id(world, slot)
    }
}
