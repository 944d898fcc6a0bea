//! What becomes of the session once the handler has answered.

use cloakroom_core::{Lookup, Renewal as RenewalOutcome, SessionInfo, Token};
use http::{HeaderValue, StatusCode};

use crate::cookie;
use crate::error::{Error, Result};
use crate::failure::{Moment, OnLoadFailure, OnSaveFailure};
use crate::layer::{Renewal, SessionData};
use crate::observe::Op;
use crate::outcome::Dropped;
use crate::request_session::RequestSession;
use crate::request_session::cookie::Cookie;
use crate::request_session::load::lookup_name;
use crate::request_session::renew::renewal_name;
use crate::request_session::state::{Known, State};
use crate::response::SessionFailure;

/// What the response is to say of the session.
#[derive(Default)]
pub(crate) struct Finished {
    pub(crate) set_cookie: Option<HeaderValue>,
    /// What failed, and is not to be passed over in silence.
    pub(crate) failure: Option<(SessionFailure, Error)>,
    pub(crate) replaces_response: bool,
    pub(crate) varies_by_bearer: bool,
    pub(crate) varies_by_cookie: bool,
}

impl<T: SessionData> RequestSession<T> {
    /// Saves what is to be saved. The session is closed by now: nobody else asks any more.
    pub(crate) async fn finish(self, status: StatusCode) -> Finished {
        let sources = &self.inner().settings.sources;
        let mut finished = Finished {
            varies_by_cookie: sources.cookie.is_some(),
            varies_by_bearer: sources.has_bearer(),
            ..Finished::default()
        };
        // Whoever asked in time is let through first.
        let mut state = match self.lock().await {
            Ok(state) => state,
            // A call that nobody ends. Nothing can be saved, and what that one writes is unknown.
            Err(_) => {
                self.answer(&mut finished, Moment::Saving, self.inner().given_up());
                self.answer_undone(&mut finished, self.shared.undone.all(), status);
                finished.set_cookie = self.cookie_without_state().await;
                return finished;
            }
        };
        if self.inner().settings.discards.include(status) {
            state.forget_changes();
        }
        let by_handler = matches!(self.shared.cookie.get(), Cookie::Set(_));
        let saved = self.save_pending(&mut state).await;
        if by_handler && !state.was_just_seen(&saved) {
            self.check(&mut state).await;
        }
        if matches!(self.shared.cookie.get(), Cookie::Leave) {
            self.renew_if_due(&mut state).await;
        }
        finished.set_cookie = self.header(&self.shared.cookie.get());
        self.report(&mut finished, &state, saved.err(), status);
        finished
    }

    /// A handler that was given a token may have gone on for long. Where the session has ended
    /// since, or was given another token, the cookie would bring back an old one.
    async fn check(&self, state: &mut State<T>) {
        let Some(token) = state.token.clone() else {
            return;
        };
        match self.look(&token).await {
            Ok(Lookup::Found(session)) if session.id == token.id() => {}
            Ok(Lookup::Replaced) => self.bar(state, Dropped::Replaced),
            Ok(Lookup::Reused(_)) => self.bar(state, Dropped::Reused),
            Ok(Lookup::Ended { .. } | Lookup::Absent) => self.bar(state, Dropped::Ended),
            // Another request has renewed it, and its client has, or will get, that token.
            Ok(Lookup::Found(_)) => self.shared.cookie.leave(),
            // The session was there when the token was issued. Without it the user would be signed out.
            Err(_) => {}
        }
    }

    /// The cookie where a call keeps the state for good. A token that the handler was given before goes
    /// out all the same: nobody else has it, and its session would be nobody's. A cookie is not deleted: the
    /// browser may have signed in anew meanwhile, and what it has otherwise opens nothing.
    async fn cookie_without_state(&self) -> Option<HeaderValue> {
        let cookie = self.shared.cookie.seal();
        let Cookie::Set(new) = &cookie else {
            return None;
        };
        match self.look(&new.token).await {
            // Another request has renewed it, and its client has, or will get, that token.
            Ok(Lookup::Found(session)) if new.has_rivals && session.id != new.token.id() => None,
            // Also where the call that is kept has renewed it: this token is in its grace then, and the
            // only one that the client can be given.
            Ok(Lookup::Found(_)) | Err(_) => self.header(&cookie),
            Ok(Lookup::Replaced | Lookup::Reused(_) | Lookup::Ended { .. } | Lookup::Absent) => {
                None
            }
        }
    }

    async fn look(&self, token: &Token) -> Result<Lookup<SessionInfo>> {
        let look = self.inner().sessions.inspect(token);
        self.inner().call(Op::Check, lookup_name, look).await
    }

    /// Renews the token where that is due. Where it fails, the present one goes on working.
    async fn renew_if_due(&self, state: &mut State<T>) {
        let (Some(Renewal { every, grace }), Known::Found(session), Some(token)) =
            (self.inner().settings.renewal, &state.known, &state.token)
        else {
            return;
        };
        if !self.may_set_cookie(state) || !session.is_renewal_due(every) {
            return;
        }
        let renew = self.inner().sessions.renew_if_due(token, every, grace);
        let renewal = self.inner().call(Op::Renew, renewal_name, renew).await;
        if let Ok(RenewalOutcome::Renewed(issued)) = renewal {
            // Its response is still to be made. Otherwise nobody is there to be told.
            let _ = self.hand_out_renewed(state, issued, grace).await;
        }
    }

    fn header(&self, cookie: &Cookie) -> Option<HeaderValue> {
        let settings = self.inner().settings.sources.cookie.as_ref()?;
        match cookie {
            Cookie::Leave => None,
            Cookie::Delete => cookie::deleting(settings),
            Cookie::Set(new) => {
                let kept = settings
                    .persists(new.is_remembered)
                    .then(|| new.until.remaining(self.inner().now()));
                cookie::setting(settings, &new.token, kept)
            }
        }
    }

    /// Says what failed, by the policies.
    fn report(
        &self,
        finished: &mut Finished,
        state: &State<T>,
        unsaved: Option<Error>,
        status: StatusCode,
    ) {
        if let Known::Failed(error) = &state.known {
            self.answer(finished, Moment::Loading, error.clone());
        } else if let Some(error) = unsaved.clone() {
            self.answer(finished, Moment::Saving, error);
        }
        let was_saving = unsaved.is_some_and(|error| error.is_outcome_unknown());
        let unknown = state.unknown.clone().filter(|_| !was_saving);
        let undone = unknown.into_iter().chain(self.shared.undone.all());
        self.answer_undone(finished, undone, status);
    }

    /// Of these the handler was told. One that answers with a server error has not passed over them.
    fn answer_undone(
        &self,
        finished: &mut Finished,
        undone: impl IntoIterator<Item = Error>,
        status: StatusCode,
    ) {
        for error in undone {
            match error.failure() {
                Some(failure) if status.is_server_error() => {
                    let observer = &self.inner().observer;
                    observer.answered(Moment::Saving, failure, "handler");
                }
                _ => self.answer(finished, Moment::Saving, error),
            }
        }
    }

    /// Of several failures, the first whose policy replaces the response is what that tells.
    fn answer(&self, finished: &mut Finished, moment: Moment, error: Error) {
        let policies = &self.inner().settings.policies;
        let Some(failure) = error.failure() else {
            return;
        };
        let (replaces, answer) = match moment {
            Moment::Loading => match policies.load.get(failure.index()) {
                Some(OnLoadFailure::LeaveToHandler) => (false, "handler"),
                _ => (true, "respond"),
            },
            Moment::Saving => match policies.save.get(failure.index()) {
                Some(OnSaveFailure::KeepResponse) => (false, "keep"),
                _ => (true, "respond"),
            },
        };
        self.inner().observer.answered(moment, failure, answer);
        if finished.failure.is_some() && (finished.replaces_response || !replaces) {
            return;
        }
        finished.replaces_response = replaces;
        finished.failure = Some((
            SessionFailure {
                failure,
                moment,
                is_outcome_unknown: error.is_outcome_unknown(),
            },
            error,
        ));
    }
}
