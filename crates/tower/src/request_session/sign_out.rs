//! Ending sessions: this one, or the user's others.

use cloakroom_core::{Revoked, SignOut, Subject, Tokens};

use crate::error::Result;
use crate::layer::SessionData;
use crate::observe::Op;
use crate::outcome::Dropped;
use crate::request_session::RequestSession;
use crate::request_session::state::{Known, State};
use crate::request_session::undone::Duty;
use crate::source::TokenSource;

impl<T: SessionData> RequestSession<T> {
    /// Ends the session: see [`Sessions::sign_out`](cloakroom_core::Sessions::sign_out). Where there was
    /// one, and its token came by the cookie, the response deletes that. Changes that are not saved yet are
    /// forgotten.
    ///
    /// Works on a session that cannot be read. It does nothing where there is no session, or another
    /// request has signed in from it: a response that deletes the cookie then could delete the new one.
    /// What remains in the browser opens nothing.
    ///
    /// # Errors
    ///
    /// Where the store fails. The session may then live on: the user has to be told, and to try again. A
    /// handler that passes over it, or gives the call up half-way, does not tell: unless it answers with
    /// a server error or signs out after all, the response is that of a
    /// [failed save](crate::OnSaveFailure).
    pub async fn sign_out(&self) -> Result<SignOut> {
        self.insist(Duty::SignOut, self.end_this()).await
    }

    async fn end_this(&self) -> Result<SignOut> {
        let mut state = self.ask().await?;
        let Some(token) = state.token.clone() else {
            state.forget_changes();
            return Ok(SignOut::Missing);
        };
        let end = self.inner().sessions.sign_out(&token);
        let name = |ended: &SignOut| match ended {
            SignOut::SignedOut { .. } => "signed_out",
            SignOut::Missing => "missing",
        };
        let ended = self.inner().call(Op::SignOut, name, end).await?;
        self.ended(&mut state, ended != SignOut::Missing);
        Ok(ended)
    }

    /// Ends all other sessions of this session's user, and every sign-in that began before: what a
    /// password change does. None where nobody is signed in.
    ///
    /// # Errors
    ///
    /// As [`get`](RequestSession::get), and where the store fails. Sessions may then live on: try again. A
    /// handler that passes over it is answered for, as in [`sign_out`](RequestSession::sign_out).
    pub async fn revoke_others(&self) -> Result<Option<Revoked>> {
        self.insist(Duty::RevokeOthers, self.end_others()).await
    }

    async fn end_others(&self) -> Result<Option<Revoked>> {
        let mut state = self.ask().await?;
        let Some(tokens) = self.token_set(&mut state).await? else {
            return Ok(None);
        };
        let Some(token) = state.token.clone() else {
            return Ok(None);
        };
        let revoke = tokens.revoke_others(&token);
        let revoked = self.inner().call(Op::Revoke, |_| "revoked", revoke).await?;
        Ok(Some(revoked))
    }

    /// Ends all sessions of this session's user, this one included, and every sign-in that began
    /// before. None where nobody is signed in.
    ///
    /// # Errors
    ///
    /// As [`revoke_others`](RequestSession::revoke_others).
    pub async fn revoke_all(&self) -> Result<Option<Revoked>> {
        self.insist(Duty::RevokeAll, self.end_all()).await
    }

    async fn end_all(&self) -> Result<Option<Revoked>> {
        let mut state = self.ask().await?;
        let Some(tokens) = self.token_set(&mut state).await? else {
            return Ok(None);
        };
        let revoke = tokens.revoke_all();
        let revoked = self.inner().call(Op::Revoke, |_| "revoked", revoke).await?;
        let was_here = match &state.known {
            Known::Found(session) => revoked.ended.contains(&session.id()),
            _ => false,
        };
        self.ended(&mut state, was_here);
        Ok(Some(revoked))
    }

    async fn token_set(&self, state: &mut State<T>) -> Result<Option<Tokens<T>>> {
        self.load(state).await?;
        let subject = |session: &cloakroom_core::Session<T>| -> Option<Subject> {
            session.subject().cloned()
        };
        let subject = match &state.known {
            Known::Found(session) => subject(session),
            _ => None,
        };
        Ok(subject.map(|subject| self.inner().sessions.tokens(&subject)))
    }

    /// The session is over, by this request or by another.
    fn ended(&self, state: &mut State<T>, by_this_request: bool) {
        // There is nothing left to end here, nor to renew.
        self.shared.undone.settle(Duty::SignOut);
        self.shared.undone.settle(Duty::Renew);
        if by_this_request {
            // What the request came with counts. A cookie that it did not have may be another's by now.
            let has_cookie = self.shared.source == Some(TokenSource::Cookie);
            state.forget_changes();
            state.token = None;
            state.before_renewal = None;
            state.known = Known::Nothing;
            if has_cookie {
                self.shared.cookie.delete();
            } else {
                self.shared.cookie.leave();
            }
        } else if matches!(state.known, Known::Nothing) {
            state.forget_changes();
        } else {
            self.bar(state, Dropped::Ended);
        }
    }
}
