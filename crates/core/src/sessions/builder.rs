//! Building a handle.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::codec::Codec;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::random;
use crate::record::{Allowance, Payload};
use crate::sessions::{Inner, Sessions, Settings, SignInAttempt};
use crate::store::{Cap, InvalidCap, OnCap, SessionStore};
use crate::timeouts::{InvalidTimeouts, Timeouts};

/// Makes session data of the present type from stored data that do not decode to it. `None` leaves
/// the error as it was.
pub type Migration<T> = Arc<dyn Fn(Stored<'_>) -> Option<T> + Send + Sync>;

/// Session data that do not decode to the present type.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    pub(super) payload: &'a Payload,
}

impl Stored<'_> {
    /// Decodes them as another type, such as last year's, by the codec that wrote them.
    #[must_use]
    pub fn decode<U: serde::de::DeserializeOwned>(&self) -> Option<U> {
        crate::codec::decode(self.payload, Operation::Load).ok()
    }

    /// The bytes, as the codec wrote them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.payload.bytes
    }

    /// The codec that wrote them.
    #[must_use]
    pub fn codec(&self) -> Option<Codec> {
        Codec::from_number(self.payload.codec)
    }
}

/// Builds a [`Sessions`] handle. Every setting has a default.
#[must_use = "a builder does nothing until `build` is called"]
pub struct SessionsBuilder<T> {
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    idle: Duration,
    overall: Duration,
    max_sessions: u32,
    on_cap: OnCap,
    codec: Codec,
    max_data: usize,
    max_decoded: usize,
    touch_fraction: u32,
    attempt_lifetime: Duration,
    reruns: u32,
    retries: u32,
    migration: Option<Migration<T>>,
}

impl<T> SessionsBuilder<T> {
    pub(super) fn new(store: Arc<dyn SessionStore>) -> Self {
        let timeouts = Timeouts::default();
        let cap = Cap::default();
        Self {
            store,
            clock: Arc::new(SystemClock),
            idle: timeouts.idle(),
            overall: timeouts.overall(),
            max_sessions: cap.max(),
            on_cap: cap.on_cap(),
            codec: Codec::default(),
            max_data: 1 << 20,
            max_decoded: 64 << 20,
            touch_fraction: 20,
            attempt_lifetime: Duration::from_secs(10 * 60),
            reruns: 64,
            retries: 2,
            migration: None,
        }
    }

    /// How long after its last use a session ends. 30 minutes by default.
    pub fn idle_timeout(self, idle: Duration) -> Self {
        Self { idle, ..self }
    }

    /// How long after its creation or last authentication a session ends, used or not. 12 hours by
    /// default.
    pub fn overall_timeout(self, overall: Duration) -> Self {
        Self { overall, ..self }
    }

    /// Both timeouts at once, such as [`Timeouts::AAL2`].
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self {
            idle: timeouts.idle(),
            overall: timeouts.overall(),
            ..self
        }
    }

    /// How many sessions a subject may have, and what happens to one more. By default 100, of which
    /// the one least recently seen gives way.
    pub fn cap(self, max_sessions: u32, on_cap: OnCap) -> Self {
        Self {
            max_sessions,
            on_cap,
            ..self
        }
    }

    /// Where `now` comes from. The system's clock by default; a
    /// [`ManualClock`](crate::ManualClock) in tests.
    pub fn clock(self, clock: impl Clock) -> Self {
        Self {
            clock: Arc::new(clock),
            ..self
        }
    }

    /// How session data become bytes. JSON by default.
    pub fn codec(self, codec: Codec) -> Self {
        Self { codec, ..self }
    }

    /// How many bytes the encoded data of a session may take. 1 MiB by default.
    pub fn max_data(self, bytes: usize) -> Self {
        Self {
            max_data: bytes,
            ..self
        }
    }

    /// How many bytes of data this handle, with its clones, may keep decoded. 64 MiB by default, 0 for none.
    ///
    /// A store in this process gives the same record to everybody who reads the session, until it changes.
    /// So the data are decoded once, and shared by all who read them. Each counts with its encoded length
    /// and the size of `T` without what it points to, so that this bounds memory as far as decoded data
    /// are no larger than encoded ones. Where no more may be kept, data are decoded at each reading, until a
    /// session that was kept changes or goes. A store on another machine makes a new record for each reading, and
    /// nothing is gained; one on disk as far as it keeps records in memory. Of two handles over one store, the first
    /// to read a session keeps it; the other decodes it each time.
    ///
    /// What is inside of `T` and changes through `&T`, such as a counter in an atomic, changes for all who
    /// share it, and is never stored. And the last reference may go within a store, on whichever thread works
    /// for it, perhaps the one that all writes go through: there a panic in `Drop` goes no further, but `Drop` must
    /// not wait, least of all for the store, which may be waiting for it. Give such data 0.
    pub fn max_decoded(self, bytes: usize) -> Self {
        Self {
            max_decoded: bytes,
            ..self
        }
    }

    /// Loading a session touches it at most once in this fraction of its idle timeout: 20, by
    /// default, means a twentieth. A session can end that much before its idle timeout has passed
    /// since its last use; a higher number means more writes.
    pub fn touch_fraction(self, fraction: u32) -> Self {
        Self {
            touch_fraction: fraction,
            ..self
        }
    }

    /// How long a sign-in attempt can be completed. 10 minutes by default, 30 days at most
    /// ([`SignInAttempt::MAX_LIFETIME`]): so long the store keeps what it began with, for every name
    /// that was entered.
    pub fn attempt_lifetime(self, lifetime: Duration) -> Self {
        Self {
            attempt_lifetime: lifetime,
            ..self
        }
    }

    /// How often a change is run again because others changed the session in between. 64 by default.
    pub fn reruns(self, reruns: u32) -> Self {
        Self { reruns, ..self }
    }

    /// How often a call that failed in passing is tried again, at once. 2 by default. Stores over a
    /// network wait and retry by themselves.
    pub fn retries(self, retries: u32) -> Self {
        Self { retries, ..self }
    }

    /// What makes data of type `T` from data that do not decode to it, because the type has moved on.
    ///
    /// ```
    /// # use cloakroom_core::*;
    /// #[derive(serde::Deserialize)]
    /// struct LastYear { name: String }
    ///
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Account { first_name: String, last_name: String }
    ///
    /// # fn build(store: impl SessionStore) -> Result<Sessions<Account>> {
    /// Sessions::<Account>::builder(store)
    ///     .migration(|stored| {
    ///         let old: LastYear = stored.decode()?;
    ///         let (first, last) = old.name.split_once(' ')?;
    ///         Some(Account { first_name: first.into(), last_name: last.into() })
    ///     })
    ///     .build()
    /// # }
    /// ```
    pub fn migration(
        self,
        migrate: impl Fn(Stored<'_>) -> Option<T> + Send + Sync + 'static,
    ) -> Self {
        Self {
            migration: Some(Arc::new(migrate)),
            ..self
        }
    }

    /// The handle, if the settings make sense.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfiguration`]; its source, an [`InvalidSettings`], names the values.
    /// [`ErrorKind::Entropy`] where the operating system has no randomness to give.
    pub fn build(self) -> Result<Sessions<T>> {
        // The names of writes are drawn later on, where there is no way to fail.
        random::secret::<1>(Operation::Build)?;
        let settings = self.settings().map_err(|why| {
            Error::with_source(ErrorKind::InvalidConfiguration, Operation::Build, why)
        })?;
        let inner = Inner {
            store: self.store,
            clock: self.clock,
            settings,
            migration: self.migration,
            decoded: Allowance::of(self.max_decoded),
        };
        Ok(Sessions {
            inner: Arc::new(inner),
        })
    }

    fn settings(&self) -> Result<Settings, InvalidSettings> {
        if self.max_data == 0 {
            return Err(InvalidSettings::NoData);
        }
        if self.touch_fraction < 2 {
            return Err(InvalidSettings::TouchFraction {
                found: self.touch_fraction,
            });
        }
        let found = self.attempt_lifetime;
        if found < Duration::from_millis(1) {
            return Err(InvalidSettings::AttemptLifetime { found });
        }
        if found > SignInAttempt::MAX_LIFETIME {
            return Err(InvalidSettings::AttemptTooLong { found });
        }
        Ok(Settings {
            timeouts: Timeouts::new(self.idle, self.overall)?,
            cap: Cap::new(self.max_sessions, self.on_cap)?,
            codec: self.codec,
            max_data: self.max_data,
            touch_fraction: self.touch_fraction,
            attempt_lifetime: self.attempt_lifetime,
            reruns: self.reruns,
            retries: self.retries,
        })
    }
}

impl<T> std::fmt::Debug for SessionsBuilder<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionsBuilder")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// Why the settings of a handle make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSettings {
    /// The timeouts.
    #[error(transparent)]
    Timeouts(#[from] InvalidTimeouts),
    /// The cap.
    #[error(transparent)]
    Cap(#[from] InvalidCap),
    /// No data would fit.
    #[error("a data limit of 0 bytes would let no session be stored")]
    NoData,
    /// A session would be over before it is touched.
    #[error(
        "with a touch fraction of {found} a session in use would end before it is touched; the lowest is 2"
    )]
    TouchFraction {
        /// The fraction asked for.
        found: u32,
    },
    /// No attempt could ever be completed.
    #[error(
        "a sign-in attempt that ends after {found:?} could not be completed; give it at least 1 ms"
    )]
    AttemptLifetime {
        /// The lifetime asked for.
        found: Duration,
    },
    /// Attempts, and what the store keeps of them, would be there for too long.
    #[error(
        "a sign-in attempt that ends after {found:?} would be kept for too long; the longest is {:?}",
        SignInAttempt::MAX_LIFETIME
    )]
    AttemptTooLong {
        /// The lifetime asked for.
        found: Duration,
    },
}
