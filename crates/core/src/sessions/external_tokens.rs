//! Tokens that someone else issued, in a subject's token set.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::external::{Credential, ExternalToken, InvalidExternalToken};
use crate::numbers::WriteId;
use crate::record::Record;
use crate::session_id::SessionId;
use crate::sessions::{Lookup, Session, SessionOptions, Tokens};
use crate::store::{CreateOutcome, Replaces, Revoked};

/// What became of [`Tokens::add`].
#[must_use]
pub enum AddOutcome<T> {
    /// The token is in the set.
    Added {
        /// Its session.
        session: Session<T>,
        /// The sessions of the same subject that the cap ended.
        evicted: Vec<SessionId>,
    },
    /// The subject has as many sessions as the cap allows, and the cap refuses.
    CapReached,
    /// All sessions of the subject were revoked while the token was being added. Check the token once
    /// more.
    Superseded,
}

/// Without the data.
impl<T> fmt::Debug for AddOutcome<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { session, evicted } => f
                .debug_struct("Added")
                .field("session", session)
                .field("evicted", evicted)
                .finish(),
            Self::CapReached => f.write_str("CapReached"),
            Self::Superseded => f.write_str("Superseded"),
        }
    }
}

impl<T> Tokens<T> {
    /// A token that someone else issued to this subject, such as an OAuth access token or the id of a
    /// JWT. Check it with its issuer first: adding it is a sign-in.
    ///
    /// ```
    /// # use cloakroom_core::*;
    /// # async fn accept(sessions: &Sessions<()>, subject: &Subject, jti: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// let tokens = sessions.tokens(subject);
    /// let external = tokens.external(jti)?;
    /// let _ = tokens.add(&external, (), SessionOptions::new()).await?;
    /// assert!(sessions.load(&external).await?.is_found());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the token is empty or longer than 64 KiB.
    pub fn external(&self, token: impl AsRef<[u8]>) -> Result<ExternalToken, InvalidExternalToken> {
        let key = self.sessions.store().placement_key();
        ExternalToken::new(key, &self.subject, token.as_ref())
    }

    /// Ends the session of a token in this set, issued by someone else or not, also where it was renewed
    /// since. One that is not there is fine.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    pub async fn remove(&self, credential: &impl Credential) -> Result<Revoked> {
        self.revoke(&credential.session_id()).await
    }
}

impl<T> Tokens<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Adds a token that someone else issued, made by [`external`](Tokens::external) of the same
    /// subject. It counts for the cap, and ends with [`revoke_all`](Tokens::revoke_all). Added again,
    /// it is still one member, and its session is a new one.
    ///
    /// # Errors
    ///
    /// As [`Sessions::create`](crate::Sessions::create), and
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) where the token was made for
    /// another subject.
    pub async fn add(
        &self,
        external: &ExternalToken,
        data: T,
        options: SessionOptions,
    ) -> Result<AddOutcome<T>> {
        if external.subject() != &self.subject {
            let why = "the external token was made for another subject";
            return Err(Error::with_source(
                ErrorKind::InvalidInput,
                Operation::Create,
                why,
            ));
        }
        let sessions = &self.sessions;
        let now = sessions.now();
        let id = external.id();
        let generation = sessions.begin_sign_in(&self.subject).await?.generation;
        let payload = sessions.encode(&data, Operation::Create)?;
        let timeouts = options.timeouts.unwrap_or(sessions.settings().timeouts);
        let mut over: Option<WriteId> = None;
        let mut after_unknown = false;
        for _ in 0..=sessions.settings().reruns {
            let subject = self.subject.clone();
            let record = Record::signed_in(id, subject, now, timeouts, payload.clone())
                .with_label(options.label.clone())
                .with_remembered(options.remembered.unwrap_or(false))
                .with_external();
            let mut request = sessions.create_request(record);
            request.generation = Some(generation);
            request.over = over;
            if let Lookup::Found(there) = sessions.fetch(id, now).await? {
                request.replaces = Some(Replaces {
                    id,
                    revision: there.revision(),
                });
            }
            let tried = sessions
                .retry(|| sessions.store().create(&request, now))
                .await?;
            after_unknown |= tried.after_unknown;
            match tried.outcome {
                CreateOutcome::Created { evicted, .. } => {
                    let session = Session::new(request.record, Arc::new(data), now);
                    return Ok(AddOutcome::Added { session, evicted });
                }
                CreateOutcome::CapReached => return Ok(AddOutcome::CapReached),
                CreateOutcome::Superseded => return Ok(AddOutcome::Superseded),
                // An earlier try of this very call may be what has ended, or what others have changed
                // since: adding it once more could undo a revocation, or lose a change.
                CreateOutcome::Duplicate { .. }
                | CreateOutcome::Conflict { .. }
                | CreateOutcome::Missing
                    if after_unknown =>
                {
                    return Err(Error::new(ErrorKind::OutcomeUnknown, Operation::Create));
                }
                // The token was removed before, and is added again knowing so.
                CreateOutcome::Duplicate { ended_by } => over = ended_by,
                CreateOutcome::Conflict { .. } | CreateOutcome::Missing => {}
            }
        }
        Err(sessions.contended(Operation::Create))
    }
}
