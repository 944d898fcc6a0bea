//! What is stored of a session of tower-sessions, and under which id.

use std::collections::HashMap;

use cloakroom_core::{Codec, Payload, SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use tower_sessions_core::session::{Id, Record as Foreign};
use tower_sessions_core::session_store::{Error, Result};

const ID_DOMAIN: &[u8] = b"cloakroom tower-sessions id v1";

/// The digest of an id, in a domain of its own: no token of Cloakroom's has it.
pub(crate) fn session_id(id: &Id) -> SessionId {
    let mut hash = Sha256::new();
    hash.update(ID_DOMAIN);
    hash.update(id.0.to_le_bytes());
    SessionId::from_stored(hash.finalize().into())
}

/// The data of a session, and when it is over.
#[derive(Serialize, Deserialize)]
pub(crate) struct Stored {
    expires: Timestamp,
    data: HashMap<String, Value>,
}

impl Stored {
    pub(crate) fn new(expires: Timestamp, data: &HashMap<String, Value>) -> Self {
        Self {
            expires,
            data: data.clone(),
        }
    }

    /// Whether it is over: alive one millisecond before its expiry, dead at it.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires
    }

    pub(crate) fn encode(&self) -> Result<Payload> {
        let bytes = serde_json::to_vec(self);
        // The message of the failure could quote the data.
        let bytes = bytes.map_err(|_| Error::Encode("the data have no form in JSON".to_owned()))?;
        Ok(Payload {
            codec: Codec::Json.number(),
            bytes: bytes.into(),
        })
    }

    pub(crate) fn decode(payload: &Payload) -> Result<Self> {
        serde_json::from_slice(&payload.bytes).map_err(|_| {
            Error::Decode("the data are not those of a session of tower-sessions".to_owned())
        })
    }

    pub(crate) fn foreign(self, id: Id) -> Result<Foreign> {
        let nanos = i128::from(self.expires.as_millis()) * 1_000_000;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .map_err(|_| Error::Decode("the expiry is not a time".to_owned()))?;
        Ok(Foreign {
            id,
            data: self.data,
            expiry_date,
        })
    }
}

/// An instant in whole milliseconds: rounded down, so that nothing lives longer than asked for.
pub(crate) fn instant(at: OffsetDateTime) -> Timestamp {
    let millis = at.unix_timestamp_nanos().div_euclid(1_000_000);
    Timestamp::from_millis(u64::try_from(millis.max(0)).unwrap_or(u64::MAX))
}
