//! Signing in.

use std::mem;
use std::sync::Arc;

use cloakroom_core::store::{Delete, EndReason};
use cloakroom_core::{
    Issued, Reused, SessionStore as _, SignIn, SignInAttempt, Subject, Token, WriteId,
};

use crate::error::{Error, Result};
use crate::failure::Failure;
use crate::layer::SessionData;
use crate::observe::Op;
use crate::outcome::{Dropped, SignInOutcome};
use crate::request_session::RequestSession;
use crate::request_session::cookie::NewToken;
use crate::request_session::state::{Known, State};
use crate::request_session::undone::Duty;
use crate::source::TokenSource;
use crate::view::{Seen, SessionView};

impl<T: SessionData> RequestSession<T> {
    /// Begins to sign a user in, before the password is checked: see
    /// [`Sessions::begin_sign_in`](cloakroom_core::Sessions::begin_sign_in).
    ///
    /// # Errors
    ///
    /// Where the store fails.
    pub async fn begin_sign_in(&self, subject: &Subject) -> Result<SignInAttempt> {
        let begin = self.inner().sessions.begin_sign_in(subject);
        self.inner().call(Op::BeginSignIn, |_| "begun", begin).await
    }

    /// Completes a sign-in from the session of this request, once the user has proved who it is: see
    /// [`Sessions::complete`](cloakroom_core::Sessions::complete). The response sets the cookie to the
    /// new token.
    ///
    /// Changes of this request that are not saved yet are a part of what is carried over. A session that
    /// cannot be read is ended, and nothing is carried over from it.
    ///
    /// # Errors
    ///
    /// As [`Sessions::complete`](cloakroom_core::Sessions::complete), and where the layer has no
    /// cookie: [`Error::is_no_cookie`]. Where the response has left before this is done, or its client has
    /// gone, nobody can be given the token: the new session is ended, and [`Error::is_too_late`]. Where it
    /// cannot be ended either, the outcome is [unknown](Error::is_outcome_unknown): it may live on. That takes
    /// a call that goes on, as in a task of its own. One that is dropped half-way, as hyper drops a handler
    /// whose client has gone, ends nothing: a session that was made by then stays in the user's list.
    pub async fn complete(
        &self,
        attempt: SignInAttempt,
        carry: impl FnMut(Option<T>) -> T + Send,
    ) -> Result<SignInOutcome<T>> {
        let mut state = self.ask().await?;
        if self.inner().settings.sources.cookie.is_none() {
            return Err(Error::no_cookie());
        }
        Ok(match self.sign_in(&mut state, attempt, carry).await? {
            SignIn::SignedIn {
                issued,
                evicted,
                reused,
            } => {
                let token = issued.token.clone();
                let new = NewToken::of(&token, &issued.session);
                // Before anything else is waited for, which may be given up half-way.
                if !self.shared.cookie.hand_out(new) {
                    let error = self.end_unheard(&token).await;
                    self.answer_reuse_by_sign_in(reused.as_ref(), None).await;
                    return Err(error);
                }
                state.source = Some(TokenSource::Cookie);
                let view = SessionView {
                    seen: Seen::Stored(self.adopt(&mut state, issued)),
                };
                self.answer_reuse_by_sign_in(reused.as_ref(), Some(&token))
                    .await;
                SignInOutcome::SignedIn {
                    view,
                    evicted,
                    reused,
                }
            }
            SignIn::Superseded => SignInOutcome::Superseded,
            SignIn::Expired => SignInOutcome::Expired,
            SignIn::CapReached => SignInOutcome::CapReached,
            SignIn::Gone => SignInOutcome::Gone,
        })
    }

    /// As [`complete`](RequestSession::complete), and hands the token to the application instead of
    /// setting the cookie: for clients that send it in a header.
    ///
    /// # Errors
    ///
    /// As [`Sessions::complete`](cloakroom_core::Sessions::complete).
    pub async fn complete_without_cookie(
        &self,
        attempt: SignInAttempt,
        carry: impl FnMut(Option<T>) -> T + Send,
    ) -> Result<SignIn<T>> {
        let mut state = self.ask().await?;
        let signed_in = self.sign_in(&mut state, attempt, carry).await?;
        if let SignIn::SignedIn { issued, reused, .. } = &signed_in {
            self.shared.cookie.leave();
            state.source = Some(handed_out(state.source));
            self.adopt(&mut state, issued.clone_for_handler());
            self.answer_reuse_by_sign_in(reused.as_ref(), Some(&issued.token))
                .await;
        }
        Ok(signed_in)
    }

    async fn sign_in(
        &self,
        state: &mut State<T>,
        attempt: SignInAttempt,
        mut carry: impl FnMut(Option<T>) -> T + Send,
    ) -> Result<SignIn<T>> {
        let had_session = matches!(state.known, Known::Found(_));
        // Taken out: where this future is dropped half-way, they may have been made.
        let mut changes = mem::take(&mut state.pending);
        let mut carry_changed = |old: Option<T>| {
            // What was changed in a session that is not carried over, another user's or one that has
            // ended, is not carried over either.
            let begin = || (!had_session && !changes.is_empty()).then(T::default);
            let mut old = old.or_else(begin);
            if let Some(data) = &mut old {
                for change in &mut changes {
                    change(data);
                }
            }
            carry(old)
        };
        let before = state.unknown.replace(self.inner().given_up());
        let mut done = self
            .sign_in_from(attempt.clone(), state.token.as_ref(), &mut carry_changed)
            .await;
        if is_unreadable(&done) && self.end_unreadable(state.token.clone()).await {
            done = self.sign_in_from(attempt, None, &mut carry_changed).await;
        }
        state.unknown = before;
        match &done {
            Ok(SignIn::SignedIn { .. }) => state.copy = None,
            Ok(SignIn::Gone) => self.bar(state, Dropped::Replaced),
            Ok(SignIn::Superseded | SignIn::Expired | SignIn::CapReached) => {
                state.pending = changes;
            }
            // The handler is told, and nobody is signed in who does not know. What is not saved is
            // reported like any other change.
            Err(error) => _ = state.not_saved(changes, error.clone()),
        }
        done
    }

    async fn sign_in_from(
        &self,
        attempt: SignInAttempt,
        from: Option<&Token>,
        carry: impl FnMut(Option<T>) -> T + Send,
    ) -> Result<SignIn<T>> {
        let complete = self.inner().sessions.complete(attempt, from, carry);
        self.inner().call(Op::SignIn, sign_in_name, complete).await
    }

    /// Carries out the policy for a token that a sign-in came from, used again after its grace.
    async fn answer_reuse_by_sign_in(&self, reused: Option<&Reused>, spared: Option<&Token>) {
        if let Some(reused) = reused {
            self.answer_reuse(reused, spared).await;
        }
    }

    /// Ends a session that cannot be read, so that its user can sign in again: the token is another
    /// then, and nothing could have been carried over.
    async fn end_unreadable(&self, token: Option<Token>) -> bool {
        let Some(token) = token else {
            return false;
        };
        // As replaced by a sign-in, which it is: a request with the old cookie that comes while the answer is
        // on its way begins no session.
        let end = Delete {
            id: token.id(),
            subject: None,
            expected: None,
            reason: EndReason::Replaced,
            write_id: WriteId::random(),
        };
        let sessions = &self.inner().sessions;
        let end = async { sessions.store().delete(&end, sessions.now()).await };
        let ended = self.inner().call(Op::SignOut, |_| "ended", end).await;
        ended.is_ok()
    }

    /// Ends a session whose token can reach nobody: the response has left, or nobody waits for it.
    pub(super) async fn end_unheard(&self, token: &Token) -> Error {
        let end = self.inner().sessions.sign_out(token);
        match self.inner().call(Op::SignOut, |_| "ended", end).await {
            Ok(_) => Error::too_late(),
            // The session is there, and may live on.
            Err(error) => error.with_unknown_outcome(),
        }
    }

    /// Goes on with a new token.
    pub(super) fn adopt(
        &self,
        state: &mut State<T>,
        issued: Issued<T>,
    ) -> Arc<cloakroom_core::Session<T>> {
        let session = Arc::new(issued.session);
        self.shared.undone.settle(Duty::Renew);
        state.token = Some(issued.token);
        state.before_renewal = None;
        state.known = Known::Found(Arc::clone(&session));
        session
    }
}

/// How a token goes to the client that is handed to the application.
pub(super) fn handed_out(presented: Option<TokenSource>) -> TokenSource {
    match presented {
        Some(TokenSource::Bearer) | None | Some(TokenSource::Cookie) => TokenSource::Bearer,
        Some(TokenSource::Function) => TokenSource::Function,
    }
}

pub(super) trait CloneForHandler {
    fn clone_for_handler(&self) -> Self;
}

impl<T: Clone> CloneForHandler for Issued<T> {
    fn clone_for_handler(&self) -> Self {
        Self {
            token: self.token.clone(),
            session: self.session.clone(),
        }
    }
}

fn is_unreadable<T>(done: &Result<SignIn<T>>) -> bool {
    // Only reading fails so: nothing was written.
    let unreadable = |error: &Error| error.failure() == Some(Failure::Corrupt);
    done.as_ref().err().is_some_and(unreadable)
}

fn sign_in_name<T>(sign_in: &SignIn<T>) -> &'static str {
    match sign_in {
        SignIn::SignedIn { .. } => "signed_in",
        SignIn::Superseded => "superseded",
        SignIn::Expired => "expired",
        SignIn::CapReached => "cap_reached",
        SignIn::Gone => "gone",
    }
}
