//! A new token for the same session.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Operation, Result};
use crate::sessions::{Issued, Lookup, Session, Sessions};
use crate::store::{Renew, RenewOutcome, Reused};
use crate::token::Token;

/// What became of [`renew`](Sessions::renew).
#[derive(Debug)]
#[must_use = "a new token is lost unless it is handed to the client"]
pub enum Renewal<T> {
    /// The session has a new token.
    Renewed(Issued<T>),
    /// The token was renewed before, and the new one is in use: the client has it. Until the grace
    /// ends, the old one goes on working.
    AlreadyRenewed,
    /// The token was renewed before, its grace is over, and it was used again: see
    /// [`Lookup::Reused`].
    Reused(Reused),
    /// A sign-in has taken the place of the session.
    Replaced,
    /// There is no session.
    Absent,
}

impl<T> Sessions<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Gives a session a new token. The old one goes on working for the grace, at most 24 hours, so
    /// that requests under way do not fail; with [`Duration::ZERO`] it stops at once.
    ///
    /// Renewing again with the old token within the grace, before the new one has been used, gives
    /// another new token: the answer was lost. A renewal is not an authentication, and moves no
    /// deadline; signing in always changes the token by itself.
    ///
    /// # Errors
    ///
    /// As [`load`](Sessions::load), and [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput)
    /// where the grace is longer than 24 hours.
    pub async fn renew(&self, token: &Token, grace: Duration) -> Result<Renewal<T>> {
        let now = self.now();
        let record = match self.fetch(token.id(), now).await? {
            Lookup::Found(record) => record,
            Lookup::Reused(reused) => return Ok(Renewal::Reused(reused)),
            Lookup::Replaced => return Ok(Renewal::Replaced),
            Lookup::Absent => return Ok(Renewal::Absent),
        };
        let data = self.decode(&record, Operation::Renew)?;
        let new = Token::generate(token.placement(), Operation::Renew)?;
        let request = Renew {
            old: token.id(),
            new: new.id(),
            subject: record.subject().cloned(),
            grace,
        };
        let tried = self.retry(|| self.store().renew(&request, now)).await?;
        match tried.outcome {
            RenewOutcome::Renewed => {
                let record = Arc::new(record.renewed(new.id()));
                Ok(Renewal::Renewed(Issued {
                    token: new,
                    session: Session::new(record, data, now),
                }))
            }
            RenewOutcome::AlreadyRenewed if !tried.after_unknown => Ok(Renewal::AlreadyRenewed),
            RenewOutcome::Missing if !tried.after_unknown => Ok(Renewal::Absent),
            _ => Err(tried.unexpected(Operation::Renew)),
        }
    }
}
