//! The handle that a handler has on its request's session.

mod change;
mod cookie;
mod finish;
mod load;
mod renew;
mod sign_in;
mod sign_out;
mod state;
mod undone;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cloakroom_core::{Sessions, Subject, Timestamp, Token};
use http::request::Parts;
use tokio::sync::{Mutex, MutexGuard};

use cookie::CookieSlot;
pub(crate) use finish::Finished;
use state::{Known, State};
use undone::Undone;

use crate::error::{Error, Result};
use crate::layer::{Inner, SessionData};
use crate::outcome::Dropped;
use crate::source::TokenSource;
use crate::view::SessionView;

/// The session of one request, as its handler uses it.
///
/// It is in the extensions of the request; with the feature `axum`, it is an extractor. Clones are the same
/// handle, and several may be used at once.
///
/// **Nothing is loaded until it is asked for**, and then once, however many ask. What is
/// [changed](RequestSession::change) is saved before the head of the response leaves, in one update
/// that loses no change of another request. A session that was never changed is never stored. What is
/// changed after the head has left is refused: [`Error::is_too_late`].
///
/// **Which responses set the cookie**: those of requests that themselves created the session, signed
/// in, renewed the token, or signed out, and no others. So a request that is under way while another
/// one signs in, renews or signs out does not bring an old cookie back.
pub struct RequestSession<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    inner: Arc<Inner<T>>,
    /// When the request came to the layer. Whatever ends its session later, ends it under way.
    arrived: Timestamp,
    /// Where the token of the request came from.
    source: Option<TokenSource>,
    /// The address of the request as it came to the layer.
    #[cfg(feature = "axum")]
    uri: http::Uri,
    was_asked: AtomicBool,
    is_closed: AtomicBool,
    /// Held over calls to the store, so that those who ask at once share one.
    state: Mutex<State<T>>,
    /// What the response does to the cookie.
    cookie: CookieSlot,
    undone: Undone,
}

impl<T> RequestSession<T> {
    pub(crate) fn new(inner: Arc<Inner<T>>, request: &Parts) -> Self {
        let presented = inner.settings.sources.find(request);
        let (token, source) = presented.map(|p| (p.token, p.source)).unzip();
        Self {
            shared: Arc::new(Shared {
                arrived: inner.now(),
                inner,
                source,
                #[cfg(feature = "axum")]
                uri: request.uri.clone(),
                was_asked: AtomicBool::new(false),
                is_closed: AtomicBool::new(false),
                state: Mutex::new(State::new(token, source)),
                cookie: CookieSlot::default(),
                undone: Undone::default(),
            }),
        }
    }

    /// The handle of the application, for whatever goes beyond this request.
    #[must_use]
    pub fn sessions(&self) -> &Sessions<T> {
        &self.shared.inner.sessions
    }

    /// Where the token of the request came from; none where it brought none that looks like one.
    #[must_use]
    pub fn token_source(&self) -> Option<TokenSource> {
        self.shared.source
    }

    #[cfg(feature = "axum")]
    pub(crate) fn uri(&self) -> &http::Uri {
        &self.shared.uri
    }

    /// Whether this layer has made it.
    pub(crate) fn is_of(&self, layer: &Arc<Inner<T>>) -> bool {
        Arc::ptr_eq(&self.shared.inner, layer)
    }

    fn inner(&self) -> &Inner<T> {
        &self.shared.inner
    }

    #[cfg(feature = "axum")]
    pub(crate) fn settings(&self) -> &crate::layer::Settings {
        &self.shared.inner.settings
    }

    /// Lets nobody ask any more. Says whether anybody has.
    pub(crate) fn close(&self) -> bool {
        // In this order, and the other way round where somebody asks, so that one of the two sees
        // the other.
        self.shared.is_closed.store(true, Ordering::SeqCst);
        self.shared.was_asked.load(Ordering::SeqCst)
    }

    /// The response has left, or nobody waits for it any more.
    pub(crate) fn end(&self) {
        self.close();
        self.shared.cookie.seal();
    }

    /// There is no session any more that this request could change.
    fn bar(&self, state: &mut State<T>, why: Dropped) {
        self.shared.cookie.leave();
        state.known = Known::Barred(why);
        state.forget_changes();
    }

    /// Takes the state, for as long as something is done with it.
    async fn ask(&self) -> Result<MutexGuard<'_, State<T>>> {
        self.shared.was_asked.store(true, Ordering::SeqCst);
        let state = self.lock().await?;
        if self.shared.is_closed.load(Ordering::SeqCst) {
            return Err(Error::too_late());
        }
        Ok(state)
    }
}

impl<T> RequestSession<T> {
    /// Waits for the state, no longer than for the store: a call that was begun and is not polled any
    /// more keeps it for good.
    async fn lock(&self) -> Result<MutexGuard<'_, State<T>>> {
        let Shared { inner, state, .. } = &*self.shared;
        if let Ok(state) = state.try_lock() {
            return Ok(state);
        }
        let Some(deadline) = inner.settings.store_deadline else {
            return Ok(state.lock().await);
        };
        let locked = tokio::time::timeout(deadline, state.lock()).await;
        locked.map_err(|_| inner.busy())
    }
}

impl<T: SessionData> RequestSession<T> {
    /// The session, with this request's own changes; none where there is none, and nothing was
    /// changed.
    ///
    /// # Errors
    ///
    /// Where the store fails and [the policy](crate::OnLoadFailure) is not to go on without a session;
    /// and where another call of this request holds the session for longer than the layer's
    /// [deadline](crate::SessionLayerBuilder::store_deadline), such as one that was begun and is not
    /// polled.
    pub async fn get(&self) -> Result<Option<SessionView<T>>> {
        let mut state = self.ask().await?;
        self.load(&mut state).await?;
        Ok(state.view())
    }

    /// Whose session it is; none where there is none, or it is anonymous.
    ///
    /// # Errors
    ///
    /// As [`get`](RequestSession::get).
    pub async fn subject(&self) -> Result<Option<Subject>> {
        let view = self.get().await?;
        Ok(view.and_then(|view| view.subject().cloned()))
    }

    /// The token of this request, or the one that it was given since, for calls of [`Sessions`] that take
    /// one. It is not looked up for that. It is the secret of the client: not for logs, nor for pages.
    ///
    /// # Errors
    ///
    /// Where the head of the response has left.
    pub async fn token(&self) -> Result<Option<Token>> {
        Ok(self.ask().await?.token.clone())
    }
}

impl<T> Clone for RequestSession<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

/// Without the data, and without the token.
impl<T> fmt::Debug for RequestSession<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestSession")
            .field("source", &self.shared.source)
            .finish_non_exhaustive()
    }
}
