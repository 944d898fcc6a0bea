//! How session data become bytes.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::record::Payload;

/// How session data become bytes.
///
/// Every record names the codec that wrote it, so that a service can change its codec without
/// ending its sessions: old records are read by the old codec, and written back with the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Codec {
    /// JSON: readable in the store, tolerant of added fields, of the widest support.
    ///
    /// What JSON cannot say does not come back: a fraction that is no number becomes `null`, and data
    /// nested more than 127 deep are written but not read.
    #[default]
    Json,
    /// MessagePack, with the names of fields: smaller than JSON, as tolerant.
    #[cfg(feature = "msgpack")]
    #[cfg_attr(docsrs, doc(cfg(feature = "msgpack")))]
    MessagePack,
    /// postcard: the smallest and fastest. Fields have no names: adding, removing or reordering one
    /// makes old data undecodable, or decodes them to something else.
    #[cfg(feature = "postcard")]
    #[cfg_attr(docsrs, doc(cfg(feature = "postcard")))]
    Postcard,
}

impl Codec {
    /// The number by which records name the codec: JSON 1, MessagePack 2, postcard 3.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Json => 1,
            #[cfg(feature = "msgpack")]
            Self::MessagePack => 2,
            #[cfg(feature = "postcard")]
            Self::Postcard => 3,
        }
    }

    /// The codec of this number, where it is built in.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Json),
            #[cfg(feature = "msgpack")]
            2 => Some(Self::MessagePack),
            #[cfg(feature = "postcard")]
            3 => Some(Self::Postcard),
            _ => None,
        }
    }

    pub(crate) fn encode<T: Serialize>(self, data: &T, operation: Operation) -> Result<Payload> {
        let encoded = match self {
            Self::Json => serde_json::to_vec(data).ok(),
            #[cfg(feature = "msgpack")]
            Self::MessagePack => rmp_serde::to_vec_named(data).ok(),
            #[cfg(feature = "postcard")]
            Self::Postcard => postcard::to_stdvec(data).ok(),
        };
        match encoded {
            Some(bytes) => Ok(Payload {
                codec: self.number(),
                // Without what the encoder has reserved: sessions are kept for long.
                bytes: Bytes::from(bytes.into_boxed_slice()),
            }),
            None => {
                let why = EncodeError { codec: self };
                Err(Error::with_source(ErrorKind::Encode, operation, why))
            }
        }
    }

    fn decode<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T, DataError> {
        let at = |detail| DataError {
            codec: self,
            detail,
        };
        match self {
            Self::Json => serde_json::from_slice(bytes).map_err(|e| at(json_detail(&e))),
            #[cfg(feature = "msgpack")]
            Self::MessagePack => rmp_serde::from_slice(bytes).map_err(|_| at(String::new())),
            #[cfg(feature = "postcard")]
            Self::Postcard => match postcard::take_from_bytes(bytes) {
                Ok((data, [])) => Ok(data),
                Ok(_) => Err(at(", bytes are left over".to_owned())),
                Err(_) => Err(at(String::new())),
            },
        }
    }
}

/// Decodes a payload by the codec that it names.
pub(crate) fn decode<T: DeserializeOwned>(payload: &Payload, operation: Operation) -> Result<T> {
    let Some(codec) = Codec::from_number(payload.codec) else {
        let unknown = UnknownCodec {
            number: payload.codec,
        };
        return Err(Error::with_source(
            ErrorKind::UnknownCodec,
            operation,
            unknown,
        ));
    };
    codec
        .decode(&payload.bytes)
        .map_err(|source| Error::with_source(ErrorKind::Decode, operation, source))
}

/// Where and how, but not what: the messages of deserialisers quote the data.
fn json_detail(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a value of another shape than the type's",
        serde_json::error::Category::Syntax => "a syntax error",
        serde_json::error::Category::Eof => "a sudden end",
        serde_json::error::Category::Io => "an input error",
    };
    format!(
        ", {what} at line {} column {}",
        error.line(),
        error.column()
    )
}

/// Data that could not be encoded. What their `Serialize` said is not in the message: it may quote them.
#[derive(Debug)]
struct EncodeError {
    codec: Codec,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "encoding as {:?} failed; their `Serialize` refuses, or the codec lacks their shape, as JSON \
             lacks maps whose keys are not texts",
            self.codec
        )
    }
}

impl std::error::Error for EncodeError {}

/// Data that do not decode to the type. Their content is not in the message.
#[derive(Debug)]
struct DataError {
    codec: Codec,
    detail: String,
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "decoding as {:?} failed{}; if the type has changed, give the builder a migration",
            self.codec, self.detail
        )
    }
}

impl std::error::Error for DataError {}

/// A record whose codec is not built in.
#[derive(Debug)]
struct UnknownCodec {
    number: u8,
}

impl fmt::Display for UnknownCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            2 => f.write_str("the record is in MessagePack; enable the feature `msgpack`"),
            3 => f.write_str("the record is in postcard; enable the feature `postcard`"),
            number => write!(
                f,
                "the record names codec {number}, which this version does not know"
            ),
        }
    }
}

impl std::error::Error for UnknownCodec {}

#[cfg(test)]
mod tests;
