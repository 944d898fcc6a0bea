//! A new token for the same session.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Operation, Result};
use crate::record::Record;
use crate::sessions::{Issued, Lookup, Session, Sessions};
use crate::store::{Renew, RenewOutcome, Reused};
use crate::time::{Deadline, Timestamp};
use crate::token::Token;

/// How long a client that still comes with its old token is taken for one that has the new token under
/// way, before it is given another.
const UNDER_WAY: Duration = Duration::from_secs(10);

/// What became of [`renew`](Sessions::renew) or [`renew_if_due`](Sessions::renew_if_due).
#[must_use = "a new token is lost unless it is handed to the client"]
pub enum Renewal<T> {
    /// The session has a new token.
    Renewed(Issued<T>),
    /// The token is not old enough, or another request has just renewed it. Only of
    /// [`renew_if_due`](Sessions::renew_if_due).
    NotDue,
    /// The token was renewed before, and the new one is in use: the client has it. Until the grace
    /// ends, the old one goes on working. Also where another request has renewed it just now, without
    /// a grace.
    AlreadyRenewed,
    /// The token was renewed before, its grace is over, and it was used again: see
    /// [`Lookup::Reused`].
    Reused(Reused),
    /// A sign-in has taken the place of the session.
    Replaced,
    /// There is no session.
    Absent,
}

/// Without the data.
impl<T> fmt::Debug for Renewal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Renewed(issued) => f.debug_tuple("Renewed").field(issued).finish(),
            Self::NotDue => f.write_str("NotDue"),
            Self::AlreadyRenewed => f.write_str("AlreadyRenewed"),
            Self::Reused(reused) => f.debug_tuple("Reused").field(reused).finish(),
            Self::Replaced => f.write_str("Replaced"),
            Self::Absent => f.write_str("Absent"),
        }
    }
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
        match self.fetch(token.id(), now).await? {
            Lookup::Found(record) => self.renew_record(token, &record, grace, now).await,
            other => Ok(not_renewed(&other)),
        }
    }

    /// Renews a token that is at least this old: for services that renew tokens now and then, with
    /// every request. [`Session::is_renewal_due`] tells without a call whether it is worth one.
    ///
    /// Requests that come at once get one new token between them, as far as that can be: those that
    /// find the renewal done are told [`NotDue`](Renewal::NotDue) for ten seconds. A client that still
    /// comes with the old token after that has lost the answer, and is given another.
    ///
    /// # Errors
    ///
    /// As [`renew`](Sessions::renew).
    pub async fn renew_if_due(
        &self,
        token: &Token,
        every: Duration,
        grace: Duration,
    ) -> Result<Renewal<T>> {
        let now = self.now();
        let record = match self.fetch(token.id(), now).await? {
            Lookup::Found(record) => record,
            other => return Ok(not_renewed(&other)),
        };
        let is_old_token = record.id() != token.id();
        if is_old_token && record.is_confirmed() {
            return Ok(Renewal::AlreadyRenewed);
        }
        let after = if is_old_token { UNDER_WAY } else { every };
        if !Deadline::at(record.issued().plus(after)).is_over(now) {
            return Ok(Renewal::NotDue);
        }
        self.renew_record(token, &record, grace, now).await
    }

    async fn renew_record(
        &self,
        token: &Token,
        record: &Arc<Record>,
        grace: Duration,
        now: Timestamp,
    ) -> Result<Renewal<T>> {
        let data = self.data(record, Operation::Renew)?;
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
                let record = Arc::new(record.renewed(new.id(), now));
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

/// Why there is nothing to renew.
fn not_renewed<T>(lookup: &Lookup<Arc<Record>>) -> Renewal<T> {
    match lookup {
        Lookup::Reused(reused) => Renewal::Reused(reused.clone()),
        Lookup::Replaced => Renewal::Replaced,
        Lookup::Found(_) | Lookup::Ended { .. } | Lookup::Absent => Renewal::Absent,
    }
}
