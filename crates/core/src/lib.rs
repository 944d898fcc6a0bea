//! The contract of Cloakroom: its words, the trait that a store implements, and the handle that an
//! application holds.
//!
//! An application depends on the crate `cloakroom`, which has all of this, the stores, and guides. A
//! store, a decorator or an adapter for a framework depends on this crate alone: it needs no engine,
//! no async runtime and no HTTP.
//!
//! | layer | does |
//! | --- | --- |
//! | [`Sessions`] | what an application holds: typed data, timeouts, caps, the clock, retries |
//! | [`SessionStore`] | what a store implements: atomic operations on [`Record`]s |
//! | [`semantics`] | these operations, written once, for stores that can lock one [`Placement`] |
//!
//! ```
//! use std::time::Duration;
//! use cloakroom_core::{OnCap, Result, SessionStore, Sessions};
//!
//! /// Over any store at all.
//! fn open(store: impl SessionStore) -> Result<Sessions<Vec<String>>> {
//!     Sessions::builder(store)
//!         .idle_timeout(Duration::from_mins(30))
//!         .overall_timeout(Duration::from_hours(12))
//!         .cap(5, OnCap::EvictOldest)
//!         .build()
//! }
//! ```
//!
//! # Words
//!
//! A *token* is the secret that a client holds. A store never sees it: it knows the *session id*, a
//! one-way digest of the token. A session's *subject* is the user id that the application chose; an
//! *anonymous* session has none. The sessions of one subject that are signed in are its *token set*,
//! and the *generation* is a random number kept with it, which revoking the whole set replaces. A
//! *sign-in attempt* carries the generation from before the password is checked to after. *Renewing*
//! gives a session a new token, with a *grace* in which the old one still works. *Revoking* ends
//! a session, or a whole token set, for good.
//!
//! # Rules
//!
//! Every store keeps them. The crate `cloakroom-conformance` has tests for each.
//!
//! 1. **No resurrection.** Once a session was deleted or revoked, or its deadline has come by the
//!    operation's own `now`, nothing that was in flight brings it back: no update, touch, renewal or
//!    retry.
//! 2. **No lost update.** Of two updates from one revision, one is told of the conflict, also across
//!    a sign-in. No change is made twice because an answer was lost.
//! 3. **Revoke means all.** When revoking all returns, every session of that subject that was created
//!    before is dead for every client of the store, and a sign-in that began before is superseded.
//! 4. **Membership decides.** A session with a subject lives only while the token set holds it. Where a
//!    set is lost, its sessions end.
//! 5. **The set never rots.** Expired members are neither listed nor counted, and their space comes
//!    back without anyone reading the set.
//! 6. **Fixation is impossible.** A token that the store did not issue is never adopted. Signing in
//!    always changes the token, and the old one is dead when it returns.
//! 7. **Caps hold under concurrency.** Any number of sign-ins at once never leave more sessions than
//!    the cap. There is always a cap.
//! 8. **Adding is idempotent.** The same token twice is one member. Removing an absent one is fine.
//! 9. **Times are exact.** Alive one millisecond before the deadline, dead at it.
//! 10. **Absent is not broken.** Store down, timed out, corrupt, of an unknown version, and absent are
//!     different answers. A write whose answer was lost says that its outcome is unknown.
//! 11. **Nothing secret leaks.** No token in an error, a log line, a panic message or the store.
//! 12. **Corrupt is contained.** A damaged record is found and told as such; it is never a panic and
//!     never somebody else's session. One of a newer version is refused as such. Both can be revoked
//!     and deleted.
//! 13. **Names are safe.** Any subject works, whatever characters it has, and reaches nobody else's
//!     keys.
//!
//! # Features
//!
//! | feature | |
//! | --- | --- |
//! | `msgpack`, `postcard` | [`Codec`]s beside JSON |
//! | `testing` | `fault`, a store that fails on demand |
//! | `tokio` | `Sweeper::spawn`, which runs the [`Sweeper`] as a task |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod clock;
mod codec;
mod error;
mod external;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod fault;
mod label;
mod map;
#[cfg(doctest)]
mod must_not_compile;
mod numbers;
mod placement;
mod random;
mod record;
pub mod semantics;
mod session_id;
mod sessions;
pub mod store;
mod subject;
mod sweeper;
mod time;
mod timeouts;
mod token;

pub use clock::{Clock, ManualClock, SystemClock};
pub use codec::Codec;
pub use error::{Error, ErrorKind, Operation, Result};
pub use external::{Credential, ExternalToken, InvalidExternalToken};
pub use label::{InvalidLabel, Label};
pub use map::{MapDraft, SessionMap};
pub use numbers::{Generation, Revision, WriteId};
pub use placement::{Placement, PlacementKey};
pub use record::{DecodeError, Payload, Record, RecordVersion, SessionInfo};
pub use session_id::{IdParseError, SessionId};
pub use sessions::{
    AddOutcome, EveryoneEnded, InvalidSettings, Issued, Lookup, Migration, Renewal, Replacement,
    Session, SessionOptions, Sessions, SessionsBuilder, SignIn, SignInAttempt, SignOut, Stored,
    Tokens, TryUpdateError,
};
pub use store::{
    Cap, Cursor, InvalidCap, Listed, OnCap, Reused, Revoked, SessionStore, TokenSetPage,
};
pub use subject::{InvalidSubject, Subject};
pub use sweeper::Sweeper;
#[cfg(feature = "tokio")]
pub use sweeper::SweeperTask;
pub use time::{Deadline, Timestamp};
pub use timeouts::{InvalidTimeouts, Timeouts};
pub use token::{ExposedToken, Token, TokenParseError};
