//! Renewing the token.

use std::time::Duration;

use cloakroom_core::{Issued, Renewal, Token};

use crate::error::{Error, Result};
use crate::layer::SessionData;
use crate::observe::Op;
use crate::outcome::{Dropped, Renewed};
use crate::request_session::RequestSession;
use crate::request_session::cookie::NewToken;
use crate::request_session::sign_in::{CloneForHandler as _, handed_out};
use crate::request_session::state::{Known, State};
use crate::request_session::undone::Duty;

impl<T: SessionData> RequestSession<T> {
    /// Gives the session a new token: see [`Sessions::renew`](cloakroom_core::Sessions::renew). The
    /// response sets the cookie. Where that is to happen now and then,
    /// [`renew_every`](crate::SessionLayerBuilder::renew_every) does it by itself.
    ///
    /// # Errors
    ///
    /// As [`Sessions::renew`](cloakroom_core::Sessions::renew), and where the token did not come by
    /// the cookie: [`Error::is_no_cookie`]. Where the store fails, and the handler passes over it, the
    /// response is that of a [failed save](crate::OnSaveFailure): the token may be dead. Where the response
    /// has left before this is done, or its client has gone: [`Error::is_too_late`]. The client then has the old
    /// token, for as long as the grace lasts. Without a grace nobody has one that opens the session, and it
    /// is ended.
    pub async fn renew(&self, grace: Duration) -> Result<Renewed> {
        self.insist(Duty::Renew, self.renew_here(grace)).await
    }

    async fn renew_here(&self, grace: Duration) -> Result<Renewed> {
        let mut state = self.ask().await?;
        if !self.may_set_cookie(&state) {
            return Err(Error::no_cookie());
        }
        let Some(renewal) = self.renewal(&mut state, grace).await? else {
            return Ok(Renewed::NoSession);
        };
        Ok(match renewal {
            Renewal::Renewed(issued) => {
                self.hand_out_renewed(&mut state, issued, grace).await?;
                Renewed::Renewed
            }
            Renewal::NotDue | Renewal::AlreadyRenewed => Renewed::AlreadyRenewed,
            Renewal::Reused(_) | Renewal::Replaced | Renewal::Absent => Renewed::NoSession,
        })
    }

    /// As [`renew`](RequestSession::renew), and hands the token to the application instead of setting
    /// the cookie. None where the request has no token, or goes on without a session that could not be
    /// loaded.
    ///
    /// # Errors
    ///
    /// As [`Sessions::renew`](cloakroom_core::Sessions::renew).
    pub async fn renew_without_cookie(&self, grace: Duration) -> Result<Option<Renewal<T>>> {
        let renew = self.renew_and_hand_out(grace);
        self.insist(Duty::Renew, renew).await
    }

    async fn renew_and_hand_out(&self, grace: Duration) -> Result<Option<Renewal<T>>> {
        let mut state = self.ask().await?;
        let renewal = self.renewal(&mut state, grace).await?;
        if let Some(Renewal::Renewed(issued)) = &renewal {
            self.shared.cookie.leave();
            state.source = Some(handed_out(state.source));
            self.adopt_renewed(&mut state, issued.clone_for_handler(), grace);
        }
        Ok(renewal)
    }

    async fn renewal(&self, state: &mut State<T>, grace: Duration) -> Result<Option<Renewal<T>>> {
        match &state.known {
            Known::Failed(error) => return Err(error.clone()),
            Known::Barred(Dropped::LoadFailed) => return Ok(None),
            _ => {}
        }
        let Some(token) = state.asked_by() else {
            return Ok(None);
        };
        let renew = async |token: &Token| {
            let renew = self.inner().sessions.renew(token, grace);
            self.inner().call(Op::Renew, renewal_name, renew).await
        };
        let mut renewal = renew(&token).await?;
        if let Renewal::Reused(_) = &renewal
            && let Some(new) = state.asked_by_after_grace()
        {
            renewal = renew(&new).await?;
        }
        match &renewal {
            Renewal::Reused(reused) => {
                self.bar(state, Dropped::Reused);
                self.answer_reuse(reused, None).await;
            }
            Renewal::Replaced => self.bar(state, Dropped::Replaced),
            Renewal::Absent if matches!(state.known, Known::Found(_)) => {
                self.bar(state, Dropped::Ended)
            }
            _ => {}
        }
        Ok(Some(renewal))
    }

    /// Has the response bring the new token. Where it has left, the client has the old one: for as long as its
    /// grace lasts. Without a grace that is dead, and the session nobody's.
    pub(super) async fn hand_out_renewed(
        &self,
        state: &mut State<T>,
        issued: Issued<T>,
        grace: Duration,
    ) -> Result<()> {
        let new = NewToken::of_renewal(&issued.token, &issued.session, grace);
        if self.shared.cookie.hand_out(new) {
            self.adopt_renewed(state, issued, grace);
            return Ok(());
        }
        Err(if grace.is_zero() {
            self.end_unheard(&issued.token).await
        } else {
            Error::too_late()
        })
    }

    /// Goes on with the new token for the client, and asks the store by the one that it has.
    fn adopt_renewed(&self, state: &mut State<T>, issued: Issued<T>, grace: Duration) {
        let before = state.asked_by().filter(|_| !grace.is_zero());
        self.adopt(state, issued);
        state.before_renewal = before;
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
