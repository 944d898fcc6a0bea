//! What one placement holds.

use crate::error::Result;
use crate::semantics::{Entry, SetHead};
use crate::session_id::SessionId;
use crate::subject::Subject;

/// What one placement holds: an entry for each id, and for each subject the head and the members of
/// its token set.
///
/// Reads see what was there when the lock was taken; whether they see the writes of the same
/// operation does not matter. Writes take effect together or not at all.
///
/// A shelf keeps an index of what is over when: of every entry by [`Entry::until`], of every set
/// without members by [`SetHead::kept_until`].
pub trait Shelf {
    /// What is stored under an id. What cannot be read is an entry too: damaged, or of a newer
    /// version.
    ///
    /// # Errors
    ///
    /// Only where the engine fails.
    fn entry(&self, id: SessionId) -> Result<Option<Entry>>;

    /// Stores an entry under an id, in place of what is there.
    fn put_entry(&mut self, id: SessionId, entry: Entry);

    /// Removes what is stored under an id.
    fn remove_entry(&mut self, id: SessionId);

    /// The head of a subject's token set.
    ///
    /// # Errors
    ///
    /// Only where the engine fails.
    fn head(&self, subject: &Subject) -> Result<Option<SetHead>>;

    /// Stores the head of a subject's token set.
    fn put_head(&mut self, subject: &Subject, head: SetHead);

    /// Removes the head of a subject's token set. The set has no members.
    fn remove_head(&mut self, subject: &Subject);

    /// The members of a subject's token set, in the order of their ids.
    ///
    /// # Errors
    ///
    /// Only where the engine fails.
    fn members(&self, subject: &Subject) -> Result<Vec<SessionId>>;

    /// How many members a subject's token set has.
    ///
    /// # Errors
    ///
    /// Only where the engine fails.
    fn member_count(&self, subject: &Subject) -> Result<usize>;

    /// Whether an id is a member of a subject's token set.
    ///
    /// # Errors
    ///
    /// Only where the engine fails.
    fn is_member(&self, subject: &Subject, id: SessionId) -> Result<bool>;

    /// Makes an id a member of a subject's token set, whose head is there or put by the same
    /// operation. Adding a member again changes nothing.
    fn add_member(&mut self, subject: &Subject, id: SessionId);

    /// Makes an id no member of a subject's token set.
    fn remove_member(&mut self, subject: &Subject, id: SessionId);
}
