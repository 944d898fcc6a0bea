//! What is known of a request's session, and what is to become of it.

use std::sync::Arc;

use cloakroom_core::{Session, Token};

use crate::error::{Error, Result};
use crate::layer::SessionData;
use crate::outcome::{Dropped, Saved};
use crate::source::TokenSource;
use crate::view::{Seen, SessionView};

/// A change that a handler has asked for. It runs again on newer data where another request comes first.
pub(super) type Change<T> = Box<dyn FnMut(&mut T) + Send>;

pub(super) struct State<T> {
    pub(super) known: Known<T>,
    /// The token that was presented, or the one that this request was given since.
    pub(super) token: Option<Token>,
    /// The token that the client has, where this request has renewed it and it is in its grace. The store
    /// is asked by it: asked by the new one, it would take that for received.
    pub(super) before_renewal: Option<Token>,
    /// How it came, or is to be handed out. None where there is no token yet.
    pub(super) source: Option<TokenSource>,
    /// The changes that are not saved yet.
    pub(super) pending: Vec<Change<T>>,
    /// The handler's copy, where it was changed.
    pub(super) copy: Option<Arc<T>>,
    /// A save that may have happened, also because the handler gave it up half-way. Nothing makes up
    /// for it.
    pub(super) unknown: Option<Error>,
}

/// What is known of the session.
pub(super) enum Known<T> {
    /// Nobody has asked.
    NotAsked,
    Found(Arc<Session<T>>),
    /// There is none. A change makes one.
    Nothing,
    /// There is none, and this request makes none and sets no cookie, unless it signs in.
    Barred(Dropped),
    /// It could not be loaded, and that is what whoever asks is told.
    Failed(Error),
}

impl<T> State<T> {
    pub(super) fn new(token: Option<Token>, source: Option<TokenSource>) -> Self {
        Self {
            known: Known::NotAsked,
            token,
            before_renewal: None,
            source,
            pending: Vec::new(),
            copy: None,
            unknown: None,
        }
    }

    pub(super) fn forget_changes(&mut self) {
        self.pending.clear();
        self.copy = None;
    }

    /// The token that the store is asked by for changes.
    pub(super) fn asked_by(&self) -> Option<Token> {
        self.before_renewal
            .as_ref()
            .or(self.token.as_ref())
            .cloned()
    }

    /// The new token, where the grace of the one before has turned out to be over.
    pub(super) fn asked_by_after_grace(&mut self) -> Option<Token> {
        self.before_renewal.take().and(self.token.clone())
    }

    /// Whether saving has just shown that the token is the one that the session has.
    pub(super) fn was_just_seen(&self, saved: &Result<Saved>) -> bool {
        match (&self.known, saved) {
            (Known::Found(session), Ok(Saved::Stored)) => !session.is_by_old_token(),
            _ => false,
        }
    }

    /// Changes are not saved. They are kept, unless they may have been.
    pub(super) fn not_saved(&mut self, changes: Vec<Change<T>>, error: Error) -> Error {
        self.note_unknown(&error);
        if !error.is_outcome_unknown() {
            self.pending = changes;
        }
        error
    }

    pub(super) fn note_unknown(&mut self, error: &Error) {
        if error.is_outcome_unknown() {
            self.unknown = Some(error.clone());
        }
    }

    pub(super) fn view(&self) -> Option<SessionView<T>> {
        let stored = match &self.known {
            Known::Found(session) => Some(Arc::clone(session)),
            _ => None,
        };
        let seen = match (&self.copy, stored) {
            (Some(copy), stored) => Seen::Changed(stored, Arc::clone(copy)),
            (None, Some(stored)) => Seen::Stored(stored),
            (None, None) => return None,
        };
        Some(SessionView { seen })
    }
}

impl<T: SessionData> State<T> {
    /// The data as the handler sees them.
    pub(super) fn copied(&self) -> T {
        match (&self.copy, &self.known) {
            (Some(copy), _) => T::clone(copy),
            (None, Known::Found(session)) => session.data().clone(),
            (None, _) => T::default(),
        }
    }
}
