//! Signing in, and renewing the token.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{Issued, Renewal, SignIn, SignInAttempt, Subject};

use crate::error::{Error, Result};
use crate::layer::SessionData;
use crate::observe::Op;
use crate::outcome::{Dropped, Renewed, SignInOutcome};
use crate::request_session::RequestSession;
use crate::request_session::state::{Cookie, Known, State};
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
    /// Changes of this request that are not saved yet are a part of what is carried over.
    ///
    /// # Errors
    ///
    /// As [`Sessions::complete`](cloakroom_core::Sessions::complete), and where the layer has no
    /// cookie: [`Error::is_no_cookie`].
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
                state.source = Some(TokenSource::Cookie);
                state.cookie = Cookie::Set;
                let view = SessionView {
                    seen: Seen::Stored(self.adopt(&mut state, issued)),
                };
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
        if let SignIn::SignedIn { issued, .. } = &signed_in {
            state.cookie = Cookie::Leave;
            state.source = Some(handed_out(state.source));
            self.adopt(&mut state, issued.clone_for_handler());
        }
        Ok(signed_in)
    }

    /// Gives the session a new token: see [`Sessions::renew`](cloakroom_core::Sessions::renew). The
    /// response sets the cookie. Where that is to happen now and then,
    /// [`renew_every`](crate::SessionLayerBuilder::renew_every) does it by itself.
    ///
    /// # Errors
    ///
    /// As [`Sessions::renew`](cloakroom_core::Sessions::renew), and where the token did not come by
    /// the cookie: [`Error::is_no_cookie`].
    pub async fn renew(&self, grace: Duration) -> Result<Renewed> {
        let mut state = self.ask().await?;
        if !self.may_set_cookie(&state) {
            return Err(Error::no_cookie());
        }
        let Some(renewal) = self.renewal(&mut state, grace).await? else {
            return Ok(Renewed::NoSession);
        };
        Ok(match renewal {
            Renewal::Renewed(issued) => {
                state.cookie = Cookie::Set;
                self.adopt(&mut state, issued);
                Renewed::Renewed
            }
            Renewal::NotDue | Renewal::AlreadyRenewed => Renewed::AlreadyRenewed,
            Renewal::Reused(_) | Renewal::Replaced | Renewal::Absent => Renewed::NoSession,
        })
    }

    /// As [`renew`](RequestSession::renew), and hands the token to the application instead of setting
    /// the cookie. None where the request has no token.
    ///
    /// # Errors
    ///
    /// As [`Sessions::renew`](cloakroom_core::Sessions::renew).
    pub async fn renew_without_cookie(&self, grace: Duration) -> Result<Option<Renewal<T>>> {
        let mut state = self.ask().await?;
        let renewal = self.renewal(&mut state, grace).await?;
        if let Some(Renewal::Renewed(issued)) = &renewal {
            state.cookie = Cookie::Leave;
            state.source = Some(handed_out(state.source));
            self.adopt(&mut state, issued.clone_for_handler());
        }
        Ok(renewal)
    }

    async fn sign_in(
        &self,
        state: &mut State<T>,
        attempt: SignInAttempt,
        mut carry: impl FnMut(Option<T>) -> T + Send,
    ) -> Result<SignIn<T>> {
        let token = state.token.clone();
        let had_session = matches!(state.known, Known::Found(_));
        // Taken out: where this future is dropped half-way, they may have been made.
        let mut changes = mem::take(&mut state.pending);
        let carry_changed = |old: Option<T>| {
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
        let complete = self
            .inner()
            .sessions
            .complete(attempt, token.as_ref(), carry_changed);
        let done = self.inner().call(Op::SignIn, sign_in_name, complete).await;
        match &done {
            Ok(SignIn::SignedIn { reused, .. }) => {
                state.copy = None;
                if let Some(reused) = reused {
                    self.answer_reuse(reused).await;
                }
            }
            Ok(SignIn::Gone) => state.bar(Dropped::Replaced),
            Ok(SignIn::Superseded | SignIn::Expired | SignIn::CapReached) => {
                state.pending = changes;
            }
            Err(error) if error.is_outcome_unknown() => state.copy = None,
            Err(_) => state.pending = changes,
        }
        done
    }

    async fn renewal(&self, state: &mut State<T>, grace: Duration) -> Result<Option<Renewal<T>>> {
        let Some(token) = state.token.clone() else {
            return Ok(None);
        };
        let renew = self.inner().sessions.renew(&token, grace);
        let renewal = self.inner().call(Op::Renew, renewal_name, renew).await?;
        match &renewal {
            Renewal::Reused(reused) => {
                state.bar(Dropped::Reused);
                self.answer_reuse(reused).await;
            }
            Renewal::Replaced => state.bar(Dropped::Replaced),
            Renewal::Absent if matches!(state.known, Known::Found(_)) => state.bar(Dropped::Ended),
            _ => {}
        }
        Ok(Some(renewal))
    }

    /// Goes on with a new token.
    pub(super) fn adopt(
        &self,
        state: &mut State<T>,
        issued: Issued<T>,
    ) -> Arc<cloakroom_core::Session<T>> {
        let session = Arc::new(issued.session);
        state.token = Some(issued.token);
        state.known = Known::Found(Arc::clone(&session));
        session
    }
}

/// How a token goes to the client that is handed to the application.
fn handed_out(presented: Option<TokenSource>) -> TokenSource {
    match presented {
        Some(TokenSource::Bearer) | None | Some(TokenSource::Cookie) => TokenSource::Bearer,
        Some(TokenSource::Function) => TokenSource::Function,
    }
}

trait CloneForHandler {
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

fn sign_in_name<T>(sign_in: &SignIn<T>) -> &'static str {
    match sign_in {
        SignIn::SignedIn { .. } => "signed_in",
        SignIn::Superseded => "superseded",
        SignIn::Expired => "expired",
        SignIn::CapReached => "cap_reached",
        SignIn::Gone => "gone",
    }
}

pub(super) fn renewal_name<T>(renewal: &Renewal<T>) -> &'static str {
    match renewal {
        Renewal::Renewed(_) => "renewed",
        Renewal::NotDue => "not_due",
        Renewal::AlreadyRenewed => "already_renewed",
        Renewal::Reused(_) => "reused",
        Renewal::Replaced => "replaced",
        Renewal::Absent => "absent",
    }
}
