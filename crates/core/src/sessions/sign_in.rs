//! Signing in: begin, prove who it is, complete.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Operation, Result};
use crate::record::Record;
use crate::session_id::SessionId;
use crate::sessions::{Issued, Lookup, Session, SessionOptions, Sessions, SignInAttempt};
use crate::store::{CreateOutcome, LoadOutcome, Replaces, Reused};
use crate::subject::Subject;
use crate::time::Timestamp;
use crate::token::Token;

/// What became of a sign-in.
#[must_use]
pub enum SignIn<T> {
    /// The user is signed in, with a new token. The old one, if there was one, is dead.
    SignedIn {
        /// The token for the client, and the session.
        issued: Issued<T>,
        /// The sessions of the same user that the cap ended. Empty where an answer was lost on the
        /// way.
        evicted: Vec<SessionId>,
        /// Where the token signed in from was an old one whose grace is over: a theft, or a client
        /// that never received the new token. Nothing was carried over, and the session that the token
        /// was of lives on, whoever holds it. Unless your policy is to let it be, end it with
        /// [`end_reused`](Sessions::end_reused).
        reused: Option<Reused>,
    },
    /// All sessions of the user were revoked since the attempt began, such as by a password change,
    /// or the new session itself before it was handed out. Begin again.
    Superseded,
    /// The attempt was not completed in time. Begin again.
    Expired,
    /// The user has as many sessions as the cap allows, and the cap refuses.
    CapReached,
    /// The session that was signed in from was signed in by another request since the attempt began, as
    /// when a form is submitted twice, or it ended while this one completed. Nobody was signed in by this one. What the cap had
    /// evicted for it has ended all the same.
    Gone,
}

impl<T> SignIn<T> {
    /// The token and the session, where the user is signed in.
    #[must_use]
    pub fn signed_in(self) -> Option<Issued<T>> {
        match self {
            Self::SignedIn { issued, .. } => Some(issued),
            Self::Superseded | Self::Expired | Self::CapReached | Self::Gone => None,
        }
    }

    fn with_reused(self, by: Reused) -> Self {
        match self {
            Self::SignedIn {
                issued, evicted, ..
            } => Self::SignedIn {
                issued,
                evicted,
                reused: Some(by),
            },
            refused => refused,
        }
    }
}

/// Without the data.
impl<T> fmt::Debug for SignIn<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedIn {
                issued,
                evicted,
                reused,
            } => f
                .debug_struct("SignedIn")
                .field("issued", issued)
                .field("evicted", evicted)
                .field("reused", reused)
                .finish(),
            Self::Superseded => f.write_str("Superseded"),
            Self::Expired => f.write_str("Expired"),
            Self::CapReached => f.write_str("CapReached"),
            Self::Gone => f.write_str("Gone"),
        }
    }
}

impl<T> Sessions<T> {
    /// Begins to sign a user in, before the password is checked.
    ///
    /// It does the same for a user that does not exist: one call to the store, and the same answer. Call
    /// it for whatever name was entered.
    ///
    /// Its time is not always the same: one call in an attempt's lifetime may look at each of the user's
    /// sessions, and takes the longer the more there are. A cap keeps that small, and so does limiting
    /// how often a name can be tried.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    pub async fn begin_sign_in(&self, subject: &Subject) -> Result<SignInAttempt> {
        let now = self.now();
        let until = now.plus(self.settings().attempt_lifetime);
        let tried = self
            .retry(|| self.store().begin(subject, until, now))
            .await?;
        Ok(SignInAttempt {
            subject: subject.clone(),
            generation: tried.outcome,
            began: now,
            until,
            options: SessionOptions::new(),
        })
    }
}

impl<T> Sessions<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Completes a sign-in, once the user has proved who it is. The token always changes.
    ///
    /// `from` is the token of the session that the client has, if any:
    ///
    /// - anonymous: its data are carried over, and it ends;
    /// - of the same user: a reauthentication. Its data are carried over, and the new session replaces
    ///   it in one step; it keeps the time of the first sign-in and, unless the attempt has its own,
    ///   the label, the timeouts and whether it is remembered;
    /// - of another user: it ends, and nothing is carried over;
    /// - already over, or an old token whose grace is over: the sign-in goes on without data.
    ///
    /// Where a sign-in took its place before the attempt began, its answer was lost, and this sign-in
    /// goes on without data, too. Where one did so since, as the clocks of the hosts tell, the form was
    /// submitted twice, and this is [`Gone`](SignIn::Gone).
    ///
    /// `carry` makes the data of the new session from what is carried over. It runs again where a late
    /// request has changed the old session meanwhile, so it should do nothing else.
    ///
    /// # Errors
    ///
    /// As [`load`](Sessions::load) and [`update`](Sessions::update). Nobody is signed in then, except
    /// where the outcome is unknown: a session may exist whose token nobody has. A damaged session to
    /// sign in from can be ended with [`sign_out`](Sessions::sign_out) first.
    pub async fn complete(
        &self,
        attempt: SignInAttempt,
        from: Option<&Token>,
        mut carry: impl FnMut(Option<T>) -> T,
    ) -> Result<SignIn<T>> {
        let now = self.now();
        if attempt.deadline().is_over(now) {
            return Ok(SignIn::Expired);
        }
        let Some(id) = from.map(Token::id) else {
            return self.sign_in(&attempt, None, carry(None), now).await;
        };
        match self.look_up(id, now).await? {
            LoadOutcome::Found(old) if old.subject() == Some(&attempt.subject) => {
                self.reauthenticate(&attempt, id, old, carry, now).await
            }
            LoadOutcome::Found(old) if old.subject().is_none() => {
                self.sign_in_from(&attempt, id, old, carry, now).await
            }
            LoadOutcome::Found(other) => {
                let signed_in = self.sign_in(&attempt, None, carry(None), now).await?;
                self.end_other(signed_in, id, &other, now).await
            }
            LoadOutcome::Replaced { at } if attempt.began <= at => Ok(SignIn::Gone),
            LoadOutcome::Reused(reused) => {
                let signed_in = self.sign_in(&attempt, None, carry(None), now).await?;
                Ok(signed_in.with_reused(reused))
            }
            LoadOutcome::Replaced { .. } | LoadOutcome::Ended { .. } | LoadOutcome::Absent => {
                self.sign_in(&attempt, None, carry(None), now).await
            }
        }
    }

    /// The new session replaces the old one of the same subject, in one step.
    async fn reauthenticate(
        &self,
        attempt: &SignInAttempt,
        id: SessionId,
        mut old: Arc<Record>,
        mut carry: impl FnMut(Option<T>) -> T,
        now: Timestamp,
    ) -> Result<SignIn<T>> {
        for _ in 0..=self.settings().reruns {
            let data = carry(Some(self.decode(&old, Operation::Create)?));
            match self
                .sign_in_once(attempt, Some((id, &old)), data, now)
                .await?
            {
                Some(signed_in) => return Ok(signed_in),
                None => match self.fetch(id, now).await? {
                    Lookup::Found(moved_on) => old = moved_on,
                    _ => return Ok(SignIn::Gone),
                },
            }
        }
        Err(self.contended(Operation::Create))
    }

    /// Creates the new session, with nothing to replace.
    pub(super) async fn sign_in(
        &self,
        attempt: &SignInAttempt,
        replaces: Option<(SessionId, &Record)>,
        data: T,
        now: Timestamp,
    ) -> Result<SignIn<T>> {
        // Without something to replace there is nothing to conflict with.
        Ok(self
            .sign_in_once(attempt, replaces, data, now)
            .await?
            .unwrap_or(SignIn::Gone))
    }

    /// Creates the new session; none where what it replaces has moved on.
    async fn sign_in_once(
        &self,
        attempt: &SignInAttempt,
        replaces: Option<(SessionId, &Record)>,
        data: T,
        now: Timestamp,
    ) -> Result<Option<SignIn<T>>> {
        let placement = self.store().placement_key().place(&attempt.subject);
        let token = Token::generate(placement, Operation::Create)?;
        let payload = self.encode(&data, Operation::Create)?;
        let options = &attempt.options;
        let old = replaces.map(|(_, old)| old);
        let timeouts = options.timeouts.or(old.map(Record::timeouts));
        let record = Record::signed_in(
            token.id(),
            attempt.subject.clone(),
            now,
            timeouts.unwrap_or(self.settings().timeouts),
            payload,
        )
        .with_label(
            options
                .label
                .clone()
                .or(old.and_then(Record::label).cloned()),
        )
        .with_created(old.map_or(now, Record::created))
        .with_remembered(
            options
                .remembered
                .or(old.map(Record::is_remembered))
                .unwrap_or(false),
        );

        let mut request = self.create_request(record);
        request.generation = Some(attempt.generation);
        request.replaces = replaces.map(|(id, old)| Replaces {
            id,
            revision: old.revision(),
        });
        let tried = self.retry(|| self.store().create(&request, now)).await?;
        Ok(Some(match tried.outcome {
            CreateOutcome::Created { evicted, .. } => {
                let session = Session::new(request.record, Arc::new(data), now);
                SignIn::SignedIn {
                    issued: Issued { token, session },
                    evicted,
                    reused: None,
                }
            }
            CreateOutcome::Superseded => SignIn::Superseded,
            CreateOutcome::CapReached => SignIn::CapReached,
            CreateOutcome::Conflict { .. } if old.is_some() => return Ok(None),
            CreateOutcome::Missing if old.is_some() => SignIn::Gone,
            _ => return Err(tried.unexpected(Operation::Create)),
        }))
    }
}
