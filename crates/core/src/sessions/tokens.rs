//! The token set of one subject.

use std::fmt;

use crate::error::{Operation, Result};
use crate::external::Credential;
use crate::numbers::WriteId;
use crate::session_id::{IdParseError, SessionId};
use crate::sessions::ending::Ending;
use crate::sessions::{Lookup, Sessions};
use crate::store::{Cursor, Listed, Page, Revoke, RevokeKind, Revoked, TokenSetPage};
use crate::subject::Subject;

/// The token set of one subject: its sessions, listed and revoked.
///
/// ```
/// # use cloakroom_core::*;
/// # async fn password_changed(sessions: &Sessions<()>, subject: &Subject, token: &Token) -> Result<()> {
/// let tokens = sessions.tokens(subject);
/// for device in tokens.list().await?.iter().filter_map(Listed::session) {
///     println!("{:?}, last seen {:?}", device.label, device.last_seen);
/// }
/// // The password has changed: everybody else has to sign in again.
/// let revoked = tokens.revoke_others(token).await?;
/// println!("{} sessions ended", revoked.ended.len());
/// # Ok(())
/// # }
/// ```
pub struct Tokens<T> {
    pub(super) sessions: Sessions<T>,
    pub(super) subject: Subject,
}

/// How many sessions [`Tokens::list`] asks for at a time, as its documentation says.
const PAGE: usize = 500;

impl<T> Sessions<T> {
    /// The token set of a subject.
    #[must_use]
    pub fn tokens(&self, subject: &Subject) -> Tokens<T> {
        Tokens {
            sessions: self.clone(),
            subject: subject.clone(),
        }
    }
}

impl<T> Tokens<T> {
    /// Whose it is.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The live sessions, the one last seen first. The cap bounds how many there are.
    ///
    /// They are asked for some 500 at a time. Of fewer, what is listed is so at one instant. Of more, a
    /// session that is renewed or reauthenticated meanwhile may be missing, or listed by both its ids.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    pub async fn list(&self) -> Result<Vec<Listed>> {
        let mut sessions = Vec::new();
        let mut after = None;
        loop {
            let page = self.page(after, PAGE).await?;
            sessions.extend(page.sessions);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        sessions.sort_by_key(|listed| {
            let last_seen = listed.session().map(|info| info.last_seen);
            (std::cmp::Reverse(last_seen), listed.id())
        });
        Ok(sessions)
    }

    /// A page of the live sessions, in no particular order. A session that takes a new id between two
    /// pages may be on neither, or on both.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    pub async fn page(&self, after: Option<Cursor>, limit: usize) -> Result<TokenSetPage> {
        let now = self.sessions.now();
        let page = Page {
            after,
            limit: limit.max(1),
        };
        let store = self.sessions.store();
        let tried = self
            .sessions
            .retry(|| store.token_set(&self.subject, &page, now))
            .await?;
        Ok(tried.outcome)
    }

    /// How many live sessions there are, as [`list`](Tokens::list) finds them.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    pub async fn count(&self) -> Result<usize> {
        self.list().await.map(|sessions| sessions.len())
    }

    /// Whether a token opens a live session of this subject.
    ///
    /// # Errors
    ///
    /// Where the record is damaged or of a newer version, or the store fails.
    pub async fn contains(&self, credential: &impl Credential) -> Result<bool> {
        let now = self.sessions.now();
        let found = self.sessions.fetch(credential.session_id(), now).await?;
        Ok(matches!(found, Lookup::Found(record) if record.subject() == Some(&self.subject)))
    }

    /// Reads a session id that was shown to the user, as [`SessionId`]'s `Display` does.
    ///
    /// # Errors
    ///
    /// Where the text is not one.
    pub fn parse_id(&self, shown: &str) -> Result<SessionId, IdParseError> {
        let placement = self.sessions.store().placement_key().place(&self.subject);
        SessionId::parse_shown(placement, shown)
    }

    /// Ends one session of this subject, also where its token was renewed since the id was shown.
    /// Another subject's, or none, is left alone.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    pub async fn revoke(&self, id: &SessionId) -> Result<Revoked> {
        let end = |id| -> Ending<'_, Revoked> { Box::pin(self.revoke_kind(RevokeKind::One(id))) };
        let has_ended = |revoked: &Revoked| revoked.repeated || !revoked.ended.is_empty();
        self.sessions
            .pursue(*id, Some(&self.subject), Operation::Revoke, end, has_ended)
            .await
    }

    /// Ends all sessions of this subject but the one of this token, and supersedes every sign-in that
    /// began before: what a password change does. Where the token opens no session of this subject,
    /// all end.
    ///
    /// # Errors
    ///
    /// Where the store fails. Sessions may then live on: try again.
    pub async fn revoke_others(&self, credential: &impl Credential) -> Result<Revoked> {
        self.revoke_kind(RevokeKind::AllExcept(credential.session_id()))
            .await
    }

    /// Ends all sessions of this subject, and supersedes every sign-in that began before.
    ///
    /// # Errors
    ///
    /// Where the store fails. Sessions may then live on: try again.
    pub async fn revoke_all(&self) -> Result<Revoked> {
        self.revoke_kind(RevokeKind::All).await
    }

    pub(super) async fn revoke_kind(&self, kind: RevokeKind) -> Result<Revoked> {
        let now = self.sessions.now();
        let request = Revoke {
            subject: self.subject.clone(),
            kind,
            write_id: WriteId::random(),
        };
        let store = self.sessions.store();
        let tried = self.sessions.retry(|| store.revoke(&request, now)).await?;
        Ok(tried.outcome)
    }
}

impl<T> Clone for Tokens<T> {
    fn clone(&self) -> Self {
        Self {
            sessions: self.sessions.clone(),
            subject: self.subject.clone(),
        }
    }
}

impl<T> fmt::Debug for Tokens<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("subject", &self.subject)
            .field("sessions", &self.sessions)
            .finish()
    }
}
