//! The contract of Cloakroom.
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
pub use map::SessionMap;
pub use numbers::{Generation, Revision, WriteId};
pub use placement::{Placement, PlacementKey};
pub use record::{DecodeError, Payload, Record, RecordVersion, SessionInfo};
pub use session_id::{IdParseError, SessionId};
pub use sessions::{
    AddOutcome, EveryoneEnded, InvalidSettings, Issued, Lookup, Migration, Renewal, Session,
    SessionOptions, Sessions, SessionsBuilder, SignIn, SignInAttempt, SignOut, Stored, Tokens,
    TryUpdateError,
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
