//! What a backend implements.

mod cap;
mod forward;
mod outcome;
mod request;
mod validate;

use std::fmt::Debug;

use async_trait::async_trait;

use crate::error::Result;
use crate::numbers::Generation;
use crate::placement::PlacementKey;
use crate::session_id::SessionId;
use crate::subject::Subject;
use crate::time::Timestamp;

pub use cap::{Cap, InvalidCap, OnCap};
pub use outcome::{
    CreateOutcome, DeleteOutcome, Listed, LoadOutcome, RenewOutcome, Reused, Revoked, ScanPage,
    TokenSetPage, TouchOutcome, UpdateOutcome,
};
pub use request::{
    Create, Cursor, Delete, EndReason, Page, Renew, Replaces, Revoke, RevokeKind, Update,
};
pub use validate::{validate_create, validate_renew};

/// How long a store remembers that an id has ended.
///
/// Within it, a delayed `create` of the id is refused, a retried `delete` meets its own write, and
/// `load` says since when the session is gone.
/// Nobody retries a write for longer.
pub const ENDED_MEMORY: std::time::Duration = std::time::Duration::from_secs(5 * 60);

/// How long a store remembers an id that was renewed, unless its session ends overall before: as
/// long as the use of an old token can be told. No grace period is longer.
pub const REUSE_MEMORY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// Through how many later renewals an old id is followed. Beyond, it names nothing any more, in grace
/// or not: whoever renews all the time makes nobody search for long.
pub const MAX_FOLLOWED_RENEWALS: usize = 64;

/// What a backend implements: the operations on records and token sets.
///
/// Every operation is atomic and linearizable for one placement, and takes `now`: a session is over
/// when its deadline is not after the operation's own `now`. Absent, conflicting and refused are
/// outcomes, not errors. A future that is dropped half-way leaves every rule true: the operation has
/// happened or it has not.
///
/// There are no default methods: a decorator that forgets to forward one does not compile.
/// `Arc` and `Box` of a store, `Arc<dyn SessionStore>` among them, are stores, and hand out the very
/// future of the store within.
///
/// # The ids in grace
///
/// [`renew`](SessionStore::renew) gives a session a new id. Until its grace ends, the old id names
/// the same session in **every** operation that takes an id, also after it was renewed again, at most
/// [`MAX_FOLLOWED_RENEWALS`] times in all.
///
/// # Writing one
///
/// The conformance suite, `cloakroom-conformance`, tells whether a backend keeps every rule; its
/// documentation shows a complete store. A backend over an engine that can hold a lock on one
/// placement needs only a [`Shelf`](crate::semantics::Shelf): the
/// operations themselves are in [`semantics`](crate::semantics).
#[async_trait]
pub trait SessionStore: Debug + Send + Sync + 'static {
    /// The key with which the sessions of this store are placed.
    fn placement_key(&self) -> &PlacementKey;

    /// The generation of the subject's token set, written if there is none, and kept at least until
    /// `until`. A set that holds nothing else goes away after that.
    async fn begin(
        &self,
        subject: &Subject,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Generation>;

    /// Stores a new session. With a subject, it joins the token set in the same step, within the cap.
    async fn create(&self, request: &Create, now: Timestamp) -> Result<CreateOutcome>;

    /// Reads a session.
    async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome>;

    /// Changes the data and the label of a session at the revision that was read. Never creates.
    async fn update(&self, request: &Update, now: Timestamp) -> Result<UpdateOutcome>;

    /// Moves the idle deadline of a session, never backward, never past the overall timeout, without
    /// touching its data. Never creates.
    async fn touch(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> Result<TouchOutcome>;

    /// Gives a session a new id in the same placement. The old one goes on naming it until the grace
    /// ends.
    ///
    /// Repeating the last pair of an old id is [`Renewed`](RenewOutcome::Renewed). Another renewal
    /// from the old id takes the new one's place as long as the grace runs and the new id has not been
    /// used: the answer was lost. The id whose place is taken goes on naming the session until the
    /// grace of the old one ends; to renew to it once more is [`Duplicate`](RenewOutcome::Duplicate).
    /// Otherwise it is [`AlreadyRenewed`](RenewOutcome::AlreadyRenewed).
    async fn renew(&self, request: &Renew, now: Timestamp) -> Result<RenewOutcome>;

    /// Ends a session; it leaves its token set in the same step.
    async fn delete(&self, request: &Delete, now: Timestamp) -> Result<DeleteOutcome>;

    /// Lists the live sessions of a subject, a page at a time.
    ///
    /// What lives throughout the call is listed, what is dead before it is not. Damaged records are
    /// listed as such.
    async fn token_set(
        &self,
        subject: &Subject,
        page: &Page,
        now: Timestamp,
    ) -> Result<TokenSetPage>;

    /// Ends one, all, or all other sessions of a subject, as one step.
    ///
    /// All and all-but-one replace the generation, even where nothing was there to end.
    async fn revoke(&self, request: &Revoke, now: Timestamp) -> Result<Revoked>;

    /// Removes at most `limit` things that are over (sessions, memories of ended ones, empty sets)
    /// and says how many went. A record of a newer version stays.
    async fn purge_expired(&self, limit: usize, now: Timestamp) -> Result<usize>;

    /// Lists the live sessions of everybody, a page at a time, for administration.
    ///
    /// Each placement is listed whole, on one page, as it is at one instant. So a session that is renewed
    /// or reauthenticated while a scan runs, which keeps its placement, is listed by at least one of its
    /// ids, and one that lives through the whole scan is never skipped. An id may come twice where the
    /// engine's own scan does that. A page is longer than asked for where a placement is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::CursorLost`](crate::ErrorKind::CursorLost) where the cursor has lost its meaning.
    async fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage>;

    /// How many sessions live. It may look at every one of them.
    async fn count(&self, now: Timestamp) -> Result<u64>;
}

#[cfg(test)]
mod tests;
