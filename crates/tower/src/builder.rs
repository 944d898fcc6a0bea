//! Building the layer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{Sessions, Token};
use http::StatusCode;
use http::request::Parts;

use crate::cookie::{InvalidCookie, SessionCookie};
use crate::failure::{Failure, OnLoadFailure, OnSaveFailure, Policies};
use crate::layer::{Discards, Inner, Pages, Renewal, SessionLayer, Settings};
use crate::observe::Observer;
use crate::source::{Other, Sources};

/// Builds a [`SessionLayer`]. Every setting has a safe default; an unsafe one is refused by
/// [`build`](SessionLayerBuilder::build).
#[must_use = "a builder does nothing until `build` is called"]
pub struct SessionLayerBuilder<T> {
    sessions: Sessions<T>,
    settings: Settings,
    observer: Observer,
}

impl<T> SessionLayerBuilder<T> {
    pub(crate) fn new(sessions: Sessions<T>) -> Self {
        Self {
            sessions,
            settings: Settings {
                sources: Sources {
                    cookie: Some(SessionCookie::new()),
                    others: Vec::new(),
                },
                store_deadline: Some(Duration::from_secs(5)),
                retry_after: Duration::from_secs(5),
                clock_margin: Duration::from_secs(1),
                policies: Policies::default(),
                discards: Discards::default(),
                renewal: None,
                on_reused: OnReused::default(),
                pages: Pages::default(),
            },
            observer: Observer {
                backend: Arc::from("store"),
                tells_subjects: false,
            },
        }
    }

    /// The cookie. [`SessionCookie::new`] by default.
    pub fn cookie(mut self, cookie: SessionCookie) -> Self {
        self.settings.sources.cookie = Some(cookie);
        self
    }

    /// No cookie: tokens come by the other sources alone, and the application hands them out itself.
    pub fn without_cookie(mut self) -> Self {
        self.settings.sources.cookie = None;
        self
    }

    /// Also takes the token from `Authorization: Bearer`, where the sources before have none. Not by
    /// default.
    pub fn bearer(mut self) -> Self {
        self.settings.sources.others.push(Other::Bearer);
        self
    }

    /// Also takes the token from wherever a function finds it, where the sources before have none.
    ///
    /// **Not from the address.** An access token in the query is possible, as old services have it,
    /// and is a hole: addresses end up in the browser's history, in the logs of servers and proxies
    /// on the way, and in the `Referer` that the page sends elsewhere (OWASP ASVS 14.2.1). Where such a
    /// service has to be kept alive, give these tokens short timeouts.
    ///
    /// Responses vary by what the function looks at. Where that is a header, add it to `Vary`.
    ///
    /// ```
    /// # use cloakroom_core::{Sessions, Token};
    /// # use cloakroom_tower::SessionLayer;
    /// # fn build(sessions: Sessions<()>) -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = SessionLayer::builder(sessions)
    ///     .token_from(|request| {
    ///         let text = request.headers.get("x-session-token")?.to_str().ok()?;
    ///         Token::parse(text).ok()
    ///     })
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn token_from(
        mut self,
        find: impl Fn(&Parts) -> Option<Token> + Send + Sync + 'static,
    ) -> Self {
        let find = Other::Function(Arc::new(find));
        self.settings.sources.others.push(find);
        self
    }

    /// How long one operation of the store may take, retries included, before it counts as
    /// [slow](Failure::Slow). 5 seconds by default. No call of a request waits for longer for another
    /// one of the same request either, nor does the response, but for the check of a new token that it then
    /// makes. It takes tokio's timer, so the service has to run
    /// in a runtime of tokio's with time enabled.
    pub fn store_deadline(mut self, deadline: Duration) -> Self {
        self.settings.store_deadline = Some(deadline);
        self
    }

    /// No deadline but the store's own: for runtimes that are not tokio's. A handler that begins a call
    /// and then keeps it without polling it, as in the body of its response, keeps the response for good.
    pub fn without_store_deadline(mut self) -> Self {
        self.settings.store_deadline = None;
        self
    }

    /// What is done where a session cannot be loaded. [`OnLoadFailure::Respond`] by default, for each
    /// failure.
    pub fn on_load_failure(mut self, failure: Failure, then: OnLoadFailure) -> Self {
        if let Some(policy) = self.settings.policies.load.get_mut(failure.index()) {
            *policy = then;
        }
        self
    }

    /// What is done where changes cannot be saved. [`OnSaveFailure::Respond`] by default, for each
    /// failure.
    pub fn on_save_failure(mut self, failure: Failure, then: OnSaveFailure) -> Self {
        if let Some(policy) = self.settings.policies.save.get_mut(failure.index()) {
            *policy = then;
        }
        self
    }

    /// By how much the clocks of the hosts that share the store may differ. A second by default, which
    /// hosts that set theirs by NTP keep. [`Duration::ZERO`] is right where one process has the store to
    /// itself.
    ///
    /// A request that asks for its session only after that was signed out or revoked makes no fresh one
    /// where it was under way by then: its response could overwrite the cookie of a sign-in made
    /// meanwhile. When the session ended is told by another host's clock, so one that ended up to this
    /// long **before** the request came bars it too. The price: whose session was ended from elsewhere,
    /// and who comes again with its cookie within this time, gets no anonymous session with that request.
    /// Its changes are [dropped](crate::Dropped::Ended); it can sign in. More than the five minutes for
    /// which stores remember an ending changes nothing.
    pub fn clock_margin(mut self, margin: Duration) -> Self {
        self.settings.clock_margin = margin;
        self
    }

    /// Saves no changes of a request that is answered with such a status. None by default: changes are
    /// saved whatever the status.
    ///
    /// For layers **within** this one that answer in the place of a handler which they have dropped
    /// half-way or caught in a panic, such as a timeout with 408 or 503: what it had changed until then
    /// is saved otherwise, and may be half of what it was to change. (One that is further out drops this
    /// layer too, and nothing is saved.) Only what was not saved yet is forgotten; what a handler
    /// [saved](crate::RequestSession::save) by itself, a sign-in, a renewal and a sign-out stay.
    ///
    /// ```
    /// # use cloakroom_core::Sessions;
    /// # use cloakroom_tower::SessionLayer;
    /// # fn build(sessions: Sessions<()>) -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = SessionLayer::builder(sessions)
    ///     .discard_on(|status| status == 408 || status.is_server_error())
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn discard_on(
        mut self,
        discards: impl Fn(StatusCode) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings.discards = Discards(Some(Arc::new(discards)));
        self
    }

    /// What `Retry-After` says where the store has failed. 5 seconds by default.
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.settings.retry_after = after;
        self
    }

    /// Gives sessions a new token once the one they have is that old, with the response to a request that
    /// asked for the session; the old one goes on working for the grace, 10 seconds or more. Only for tokens that came by
    /// the cookie. Not by default.
    pub fn renew_every(mut self, every: Duration, grace: Duration) -> Self {
        self.settings.renewal = Some(Renewal { every, grace });
        self
    }

    /// What is done where an old token is used again after its grace. [`OnReused::Nothing`] by default.
    pub fn on_reused(mut self, then: OnReused) -> Self {
        self.settings.on_reused = then;
        self
    }

    /// Where the extractors send those who are not signed in, such as `/sign-in`: a path of this
    /// server, and the path to come back to as `return_to` in its query. Without it, the default,
    /// they answer 401.
    #[cfg(feature = "axum")]
    #[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
    pub fn sign_in_page(mut self, path: impl Into<String>) -> Self {
        self.settings.pages.sign_in = Some(path.into());
        self
    }

    /// Where the extractors send those who have to authenticate again, such as `/confirm`: a path of
    /// this server, and the path to come back to as `return_to` in its query. Without it, the
    /// default, they answer 403.
    #[cfg(feature = "axum")]
    #[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
    pub fn step_up_page(mut self, path: impl Into<String>) -> Self {
        self.settings.pages.step_up = Some(path.into());
        self
    }

    /// What metrics and spans call the store, such as `redis`. `store` by default.
    pub fn backend(mut self, name: impl Into<Arc<str>>) -> Self {
        self.observer.backend = name.into();
        self
    }

    /// Lets events name the subject, where they tell of one. They do not by default.
    pub fn tell_subjects(mut self) -> Self {
        self.observer.tells_subjects = true;
        self
    }

    /// The layer, if the settings are safe.
    ///
    /// # Errors
    ///
    /// Says which setting is not, why, and what to do.
    pub fn build(self) -> Result<SessionLayer<T>, InvalidLayer> {
        self.settings.check()?;
        Ok(self.build_unchecked())
    }

    /// For the defaults, and for what was checked.
    pub(crate) fn build_unchecked(self) -> SessionLayer<T> {
        SessionLayer {
            inner: Arc::new(Inner {
                sessions: self.sessions,
                settings: self.settings,
                observer: self.observer,
            }),
        }
    }
}

impl<T> fmt::Debug for SessionLayerBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayerBuilder")
            .field("sessions", &self.sessions)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// A page and its pictures come at once, with one token, and the first of them renews it.
const MIN_GRACE: Duration = Duration::from_secs(10);

/// What is done where an old token is used again after its grace.
///
/// It is a theft, or a client that never received the new token: both look the same. Whatever is
/// done, the request has no session, sets no cookie and stores nothing, unless it signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnReused {
    /// Nothing: the session lives on, whoever holds the new token.
    #[default]
    Nothing,
    /// The session is ended, whoever holds the new token. A client whose answer was lost has to sign
    /// in again, and so does a thief.
    EndSession,
    /// All sessions of the subject are ended, but for the one that this very request signs in to; the
    /// session alone, where it has no subject.
    EndAllOfSubject,
}

/// Why the settings of a layer are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLayer {
    /// The cookie.
    #[error(transparent)]
    Cookie(#[from] InvalidCookie),
    /// No request could ever have a session.
    #[error(
        "without a cookie and without another source of tokens no request has a session; keep the cookie, or add `bearer` or `token_from`"
    )]
    NoSource,
    /// No answer could ever be in time.
    #[error(
        "with a store deadline of zero every operation would be too slow; give it some seconds, or say `without_store_deadline`"
    )]
    NoTime,
    /// Every response would bring a new token.
    #[error(
        "renewing tokens every {every:?} would give a new one with every response; give it some minutes"
    )]
    RenewalTooOften {
        /// The time asked for.
        every: Duration,
    },
    /// Requests that are under way with the old token would count as its reuse.
    #[error(
        "a grace of {grace:?} may end before the requests that are under way with the old token, which then count as reuse; the shortest is {MIN_GRACE:?}"
    )]
    GraceTooShort {
        /// The grace asked for.
        grace: Duration,
    },
    /// The store keeps no old token for so long.
    #[error(
        "a grace of {grace:?} is longer than stores keep old tokens; the longest is {:?}",
        cloakroom_core::store::REUSE_MEMORY
    )]
    GraceTooLong {
        /// The grace asked for.
        grace: Duration,
    },
    /// Tokens are renewed with a cookie, and there is none.
    #[error(
        "tokens are renewed by setting the cookie, and this layer has none; leave `renew_every` out, and renew where the application hands tokens out"
    )]
    RenewalWithoutCookie,
    /// The page is not a path of this server.
    #[error(
        "the page {page:?} is not a path of this server without a query or fragment; write it as `/sign-in`"
    )]
    Page {
        /// The page asked for.
        page: String,
    },
}

impl Settings {
    fn check(&self) -> Result<(), InvalidLayer> {
        match &self.sources.cookie {
            Some(cookie) => cookie.check()?,
            None if self.sources.others.is_empty() => return Err(InvalidLayer::NoSource),
            None if self.renewal.is_some() => return Err(InvalidLayer::RenewalWithoutCookie),
            None => {}
        }
        if self.store_deadline == Some(Duration::ZERO) {
            return Err(InvalidLayer::NoTime);
        }
        if let Some(Renewal { every, grace }) = self.renewal {
            if every < Duration::from_secs(1) {
                return Err(InvalidLayer::RenewalTooOften { every });
            }
            if grace < MIN_GRACE {
                return Err(InvalidLayer::GraceTooShort { grace });
            }
            if grace > cloakroom_core::store::REUSE_MEMORY {
                return Err(InvalidLayer::GraceTooLong { grace });
            }
        }
        for page in [&self.pages.sign_in, &self.pages.step_up]
            .into_iter()
            .flatten()
        {
            if !is_page(page) {
                return Err(InvalidLayer::Page { page: page.clone() });
            }
        }
        Ok(())
    }
}

/// Whether a text is a path of this server, as it can stand in `Location`.
fn is_page(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\\?#\"<>".contains(&byte))
}

#[cfg(test)]
mod tests;
