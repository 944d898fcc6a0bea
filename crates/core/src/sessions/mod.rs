//! The handle that an application holds.

mod builder;
mod ending;
mod everyone;
mod external_tokens;
mod lookup;
mod options;
mod read;
mod renew;
mod replace;
mod retry;
mod session;
mod sign_in;
mod sign_in_attempt;
mod sign_in_from;
mod sign_out;
mod tokens;
mod update;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::Clock;
use crate::codec::{self, Codec};
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::placement::Placement;
use crate::record::{Allowance, Payload, Record};
use crate::store::{Cap, Create, CreateOutcome, SessionStore};
use crate::time::Timestamp;
use crate::timeouts::Timeouts;
use crate::token::Token;

pub use builder::{InvalidSettings, Migration, SessionsBuilder, Stored};
pub use everyone::EveryoneEnded;
pub use external_tokens::AddOutcome;
pub use lookup::Lookup;
pub use options::SessionOptions;
pub use renew::Renewal;
pub use replace::Replacement;
pub use session::{Issued, Session};
pub use sign_in::SignIn;
pub use sign_in_attempt::SignInAttempt;
pub use sign_out::SignOut;
pub use tokens::Tokens;
pub use update::TryUpdateError;

/// The handle that an application holds: sessions with data of type `T`, over any store.
///
/// It adds to a [`SessionStore`] what is the same for all of them: typed data, timeouts, the cap, the
/// clock, and what happens after a lost answer or a conflict. Clones share everything and are cheap.
///
/// # Errors and retries
///
/// Every method returns an [`Error`] where something *failed*, and an outcome where it did not,
/// absent and refused included. A call that failed with nothing written, and a write whose answer
/// was lost, are tried again at once, under the same name, up to
/// [`retries`](SessionsBuilder::retries) times; waiting is up to the store. What then remains
/// unknown is said so: [`ErrorKind::OutcomeUnknown`].
///
/// The handle has no deadline of its own. How long a call may take is for the store to say, which
/// then answers [`ErrorKind::Timeout`], or [`ErrorKind::OutcomeUnknown`] for a write that was sent.
/// Where that is too long, or the store waits for ever, put a timeout around the method.
///
/// # Dropping
///
/// A method whose future is dropped half-way, such as by a timeout, leaves every rule of the store true. A sign-in that is
/// dropped half-way may leave a new session whose token nobody has; it idles out.
pub struct Sessions<T> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    migration: Option<Migration<T>>,
    decoded: Arc<Allowance>,
}

/// What a builder has checked.
#[derive(Debug, Clone, Copy)]
struct Settings {
    timeouts: Timeouts,
    cap: Cap,
    codec: Codec,
    max_data: usize,
    touch_fraction: u32,
    attempt_lifetime: std::time::Duration,
    reruns: u32,
    retries: u32,
}

impl<T> Sessions<T> {
    /// Begins to build a handle over a store.
    pub fn builder(store: impl SessionStore) -> SessionsBuilder<T> {
        SessionsBuilder::new(Arc::new(store))
    }

    /// The store beneath.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn SessionStore> {
        &self.inner.store
    }

    /// The present, as the handle sees it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.inner.clock)
    }

    fn settings(&self) -> &Settings {
        &self.inner.settings
    }
}

impl<T> Sessions<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Creates an anonymous session for a visitor.
    ///
    /// # Errors
    ///
    /// Where the data do not encode or are too large, or the store fails.
    pub async fn create(&self, data: T) -> Result<Issued<T>> {
        self.create_with(data, SessionOptions::new()).await
    }

    /// Creates an anonymous session with a label or timeouts of its own.
    ///
    /// # Errors
    ///
    /// As [`create`](Sessions::create).
    pub async fn create_with(&self, data: T, options: SessionOptions) -> Result<Issued<T>> {
        let now = self.now();
        let token = Token::generate(Placement::random(Operation::Create)?, Operation::Create)?;
        let payload = self.encode(&data, Operation::Create)?;
        let timeouts = options.timeouts.unwrap_or(self.settings().timeouts);
        let record = Record::anonymous(token.id(), now, timeouts, payload)
            .with_label(options.label)
            .with_remembered(options.remembered.unwrap_or(false));
        let request = self.create_request(record);
        let tried = self.retry(|| self.store().create(&request, now)).await?;
        match tried.outcome {
            CreateOutcome::Created { .. } => {
                let session = Session::new(request.record, Arc::new(data), now);
                Ok(Issued { token, session })
            }
            _ => Err(tried.unexpected(Operation::Create)),
        }
    }

    fn create_request(&self, record: Record) -> Create {
        Create {
            record: Arc::new(record),
            cap: self.settings().cap,
            generation: None,
            replaces: None,
            over: None,
        }
    }

    fn encode(&self, data: &T, operation: Operation) -> Result<Payload> {
        let payload = self.settings().codec.encode(data, operation)?;
        let (len, max) = (payload.bytes.len(), self.settings().max_data);
        if len > max {
            let why = format!(
                "they take {len} bytes, the limit is {max}; keep large things elsewhere, or raise it \
                 with `max_data`"
            );
            return Err(Error::with_source(ErrorKind::TooLarge, operation, why));
        }
        Ok(payload)
    }

    /// The data of a record, decoded. Where the store has the record too, they stay beside it for the next
    /// who reads it.
    fn data(&self, record: &Arc<Record>, operation: Operation) -> Result<Arc<T>> {
        let allowance = &self.inner.decoded;
        if let Some(data) = record.decoded().get(allowance) {
            return Ok(data);
        }
        let data = Arc::new(self.decode(record, operation)?);
        if Arc::strong_count(record) > 1 {
            let bytes = record.payload().bytes.len() + size_of::<T>();
            record.decoded().keep(&data, bytes, allowance);
        }
        Ok(data)
    }

    /// Decodes the data of a record, by the migration where the type has moved on.
    fn decode(&self, record: &Record, operation: Operation) -> Result<T> {
        codec::decode(record.payload(), operation).or_else(|error| match &self.inner.migration {
            Some(migrate) if error.kind() != ErrorKind::UnknownCodec => migrate(Stored {
                payload: record.payload(),
            })
            .ok_or(error),
            _ => Err(error),
        })
    }
}

impl<T> Clone for Sessions<T> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<T> fmt::Debug for Sessions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("store", &self.inner.store)
            .field("clock", &self.inner.clock)
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}
