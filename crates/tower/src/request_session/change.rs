//! Changing the session, and saving what was changed.

use std::mem;
use std::sync::Arc;

use cloakroom_core::{Lookup, Replacement, Session, Token};

use crate::error::{Error, Result};
use crate::layer::SessionData;
use crate::observe::Op;
use crate::outcome::{Dropped, Replaced, Saved};
use crate::request_session::RequestSession;
use crate::request_session::cookie::NewToken;
use crate::request_session::load::lookup_name;
use crate::request_session::state::{Change, Known, State};
use crate::source::TokenSource;
use crate::view::{Seen, SessionView};

impl<T: SessionData> RequestSession<T> {
    /// Changes the data of the session. Returns it as it is after the change.
    ///
    /// The closure runs at once, on the handler's own copy, and **again** when the changes are saved,
    /// before the head of the response leaves: on what is stored by then. Where another request has
    /// changed the session meanwhile, nothing of it is lost, and the closure may run more than once. So it
    /// should do nothing but change the data, and say what it changes rather than replace
    /// everything: `|cart| cart.items += 1`, or for a map, setting one key.
    ///
    /// Where there is no session, a new anonymous one is created from the default, and the response
    /// sets its cookie. A session that has ended since it was loaded is not replaced: see
    /// [`Dropped`].
    ///
    /// # Errors
    ///
    /// As [`get`](RequestSession::get).
    pub async fn change(
        &self,
        mut change: impl FnMut(&mut T) + Send + 'static,
    ) -> Result<SessionView<T>> {
        let mut state = self.ask().await?;
        self.load(&mut state).await?;
        // Where the closure panics, and somebody further out catches that, the copy is as it was.
        let mut copy = state.copied();
        change(&mut copy);
        state.copy = Some(Arc::new(copy));
        state.pending.push(Box::new(change));
        // There is a copy, so that there is a view.
        state.view().ok_or_else(Error::too_late)
    }

    /// Forgets the changes that are not saved yet.
    ///
    /// # Errors
    ///
    /// Where the head of the response has left.
    pub async fn discard(&self) -> Result<()> {
        self.ask().await?.forget_changes();
        Ok(())
    }

    /// Saves the changes now, so that the handler sees what becomes of them. Without it, they are saved
    /// once the handler has answered.
    ///
    /// Where it fails with nothing written, the changes are kept, and saving is tried once more in the
    /// end.
    ///
    /// # Errors
    ///
    /// As [`Sessions::update`](cloakroom_core::Sessions::update). With an
    /// [unknown outcome](Error::is_outcome_unknown) the changes are not tried again. A session that is
    /// created only when the response has left, or its client has gone, is ended: [`Error::is_too_late`].
    pub async fn save(&self) -> Result<Saved> {
        let mut state = self.ask().await?;
        self.save_pending(&mut state).await
    }

    /// Replaces the data of the session, unless another request has changed it since this one loaded
    /// it: for data whose changes cannot be run again. It does so now, and forgets the changes that are
    /// not saved yet, which the handler saw when it made these data.
    ///
    /// Where there is no session, a new one is created, as by [`change`](RequestSession::change).
    ///
    /// # Errors
    ///
    /// As [`save`](RequestSession::save).
    pub async fn replace_if_unchanged(&self, data: T) -> Result<Replaced<T>> {
        let mut state = self.ask().await?;
        self.load(&mut state).await?;
        let (Known::Found(session), Some(token)) = (&state.known, state.asked_by()) else {
            state.forget_changes();
            state.copy = Some(Arc::new(data.clone()));
            let replace = move |stored: &mut T| *stored = data.clone();
            state.pending.push(Box::new(replace));
            return self.save_pending(&mut state).await.map(Replaced::Saved);
        };
        let read = session.revision();
        // Taken out: the data have them, and may have been stored where the answer is lost or this
        // future is dropped half-way.
        let changes = mem::take(&mut state.pending);
        let before = state.unknown.replace(self.inner().given_up());
        let replace = async |token: &Token, data| {
            let replace = self.inner().sessions.replace(token, read, data);
            self.inner().call(Op::Save, replacement_name, replace).await
        };
        let again = state.before_renewal.is_some().then(|| data.clone());
        let mut replaced = replace(&token, data).await;
        if let (Ok(Lookup::Reused(_)), Some(data)) = (&replaced, again)
            && let Some(new) = state.asked_by_after_grace()
        {
            replaced = replace(&new, data).await;
        }
        state.unknown = before;
        let why = match replaced {
            Ok(Lookup::Found(Replacement::Replaced(session))) => {
                state.known = Known::Found(Arc::new(session));
                state.forget_changes();
                return Ok(Replaced::Saved(Saved::Stored));
            }
            Ok(Lookup::Found(Replacement::Conflict(session))) => {
                let session = Arc::new(session);
                let seen = Seen::Stored(Arc::clone(&session));
                state.known = Known::Found(session);
                state.forget_changes();
                return Ok(Replaced::Conflict(SessionView { seen }));
            }
            Ok(Lookup::Replaced) => Dropped::Replaced,
            Ok(Lookup::Reused(_)) => Dropped::Reused,
            Ok(Lookup::Ended { .. } | Lookup::Absent) => Dropped::Ended,
            Err(error) => return Err(state.not_saved(changes, error)),
        };
        Ok(Replaced::Saved(self.drop_changes(&mut state, why)))
    }

    pub(super) async fn save_pending(&self, state: &mut State<T>) -> Result<Saved> {
        if state.pending.is_empty() {
            return Ok(Saved::Nothing);
        }
        match &state.known {
            Known::Found(_) => self.update(state).await,
            Known::Nothing => self.create(state).await,
            Known::Barred(why) => Ok(self.drop_changes(state, *why)),
            // Neither has let anybody change anything.
            Known::Failed(error) => Err(error.clone()),
            Known::NotAsked => Ok(Saved::Nothing),
        }
    }

    async fn update(&self, state: &mut State<T>) -> Result<Saved> {
        let Some(token) = state.asked_by() else {
            return Ok(self.drop_changes(state, Dropped::Ended));
        };
        // Taken out: where this future is dropped half-way, they may have been made.
        let mut changes = mem::take(&mut state.pending);
        let before = state.unknown.replace(self.inner().given_up());
        let mut updated = self.update_by(&token, &mut changes).await;
        if let Ok(Lookup::Reused(_)) = &updated
            && let Some(new) = state.asked_by_after_grace()
        {
            updated = self.update_by(&new, &mut changes).await;
        }
        state.unknown = before;
        match updated {
            Ok(Lookup::Found(session)) => {
                state.known = Known::Found(Arc::new(session));
                state.copy = None;
                Ok(Saved::Stored)
            }
            Ok(Lookup::Replaced) => Ok(self.drop_changes(state, Dropped::Replaced)),
            Ok(Lookup::Reused(_)) => Ok(self.drop_changes(state, Dropped::Reused)),
            Ok(Lookup::Ended { .. } | Lookup::Absent) => {
                Ok(self.drop_changes(state, Dropped::Ended))
            }
            Err(error) => Err(state.not_saved(changes, error)),
        }
    }

    async fn update_by(
        &self,
        token: &Token,
        changes: &mut [Change<T>],
    ) -> Result<Lookup<Session<T>>> {
        let update = self.inner().sessions.update(token, |data| {
            for change in &mut *changes {
                change(data);
            }
        });
        self.inner().call(Op::Save, lookup_name, update).await
    }

    async fn create(&self, state: &mut State<T>) -> Result<Saved> {
        if !self.may_set_cookie(state) {
            return Ok(self.drop_changes(state, Dropped::NoCookie));
        }
        let data = state.copied();
        let changes = mem::take(&mut state.pending);
        let before = state.unknown.replace(self.inner().given_up());
        let create = self.inner().sessions.create(data);
        let created = self.inner().call(Op::Create, |_| "created", create).await;
        state.unknown = before;
        match created {
            Ok(issued) => {
                let new = NewToken::of(&issued.token, &issued.session);
                if !self.shared.cookie.hand_out(new) {
                    return Err(self.end_unheard(&issued.token).await);
                }
                state.source = Some(TokenSource::Cookie);
                state.copy = None;
                self.adopt(state, issued);
                Ok(Saved::Created)
            }
            Err(error) => Err(state.not_saved(changes, error)),
        }
    }

    /// Whether a new token can be handed out by the cookie: not to a client that sends it in a header.
    pub(super) fn may_set_cookie(&self, state: &State<T>) -> bool {
        let has_cookie = self.inner().settings.sources.cookie.is_some();
        has_cookie && matches!(state.source, None | Some(TokenSource::Cookie))
    }

    fn drop_changes(&self, state: &mut State<T>, why: Dropped) -> Saved {
        self.inner().observer.dropped(why);
        self.bar(state, why);
        Saved::Dropped(why)
    }
}

fn replacement_name<T>(replaced: &Lookup<Replacement<T>>) -> &'static str {
    match replaced {
        Lookup::Found(Replacement::Conflict(_)) => "conflict",
        other => lookup_name(other),
    }
}
