//! The contract of Cloakroom.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod clock;
mod error;
mod label;
mod numbers;
mod placement;
mod random;
mod record;
pub mod semantics;
mod session_id;
pub mod store;
mod subject;
mod time;
mod timeouts;
mod token;

pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{Error, ErrorKind, Operation, Result};
pub use label::{InvalidLabel, Label};
pub use numbers::{Generation, Revision, WriteId};
pub use placement::{Placement, PlacementKey};
pub use record::{DecodeError, Payload, Record, RecordVersion, SessionInfo};
pub use session_id::{IdParseError, SessionId};
pub use store::SessionStore;
pub use subject::{InvalidSubject, Subject};
pub use time::{Deadline, Timestamp};
pub use timeouts::{InvalidTimeouts, Timeouts};
pub use token::{ExposedToken, Token, TokenParseError};
