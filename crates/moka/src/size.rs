//! How much memory a session takes.

use cloakroom_core::store::Update;
use cloakroom_core::{Label, Payload, Record, Subject};

use crate::limits::Whose;

/// What a session takes beside its data, its label and its subject: its record, its place in the
/// stripe, in the index of deadlines and in moka, and the room that hash maps and the allocator leave
/// free. Measured with a million sessions, as the largest of several runs, and the 32 bytes that a first
/// use adds.
pub(crate) const SESSION: u64 = 700;

/// What a signed-in session takes beside that: its place in the token set, and the set, which most
/// often it has to itself.
pub(crate) const MEMBERSHIP: u64 = 160;

/// Sizes are rounded up to this many bytes, so that data which change a little are not weighed anew.
const STEP: u64 = 64;

/// The least that a session of this kind can take: without data or a label, and with the shortest subject.
pub(crate) const fn least(whose: Whose) -> u64 {
    let least = match whose {
        Whose::Anonymous => SESSION,
        Whose::SignedIn => SESSION + MEMBERSHIP + 1,
    };
    least.next_multiple_of(STEP)
}

/// About how many bytes of memory a session takes.
pub(crate) fn of_record(record: &Record) -> u64 {
    of(record.payload(), record.label(), record.subject())
}

/// About how many bytes of memory a session takes once it has been updated.
pub(crate) fn of_update(update: &Update) -> u64 {
    let (label, subject) = (update.label.as_ref(), update.subject.as_ref());
    of(&update.payload, label, subject)
}

fn of(payload: &Payload, label: Option<&Label>, subject: Option<&Subject>) -> u64 {
    let data = payload.bytes.len() as u64;
    let label = label.map_or(0, |label| label.as_str().len() as u64);
    let subject = subject.map_or(0, |subject| MEMBERSHIP + subject.as_str().len() as u64);
    (SESSION + data + label + subject).next_multiple_of(STEP)
}
