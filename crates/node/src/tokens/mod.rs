//! The tokens of a user: a plain set in Redis for each.

mod end;
mod prune;

use std::fmt;

use cloakroom_core::{Operation, Result, Subject};
use redis::{Value, cmd};

use crate::reply::{flag_of, odd, unclear};
use crate::session::{NodeData, NodeSession};
use crate::sid::Sid;
use crate::store::{NodeStore, Regenerated};

pub use end::Ended;
pub use prune::{Missing, Pruned};

/// The token sets of an application in Node that keeps for each user a plain Redis set of the session ids that are
/// signed in: `SADD` at sign-in, `SREM` at sign-out.
///
/// The application in Node names these sets; `prefix` is what it puts before the user's id.
///
/// ```no_run
/// use cloakroom_core::Subject;
/// use cloakroom_node::{NodeStore, TokenSets};
///
/// # async fn example(store: NodeStore) -> Result<(), Box<dyn std::error::Error>> {
/// let sets = TokenSets::new(store.clone(), "tokens:");
/// let ada = sets.of(&Subject::new("ada")?);
///
/// let mut data = store.blank();
/// data.set("user", "ada")?;
/// let session = ada.sign_in(data).await?;
/// assert!(ada.contains(session.sid()).await?);
///
/// // The password was changed.
/// let ended = ada.end_all().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TokenSets {
    store: NodeStore,
    prefix: String,
}

impl TokenSets {
    /// The sets beside the sessions of a store. No session's key should begin as they do.
    pub fn new(store: NodeStore, prefix: impl Into<String>) -> Self {
        Self {
            store,
            prefix: prefix.into(),
        }
    }

    /// The set of one user.
    #[must_use]
    pub fn of(&self, user: &Subject) -> TokenSet {
        TokenSet {
            store: self.store.clone(),
            key: format!("{}{}", self.prefix, user.as_str()).into_bytes(),
        }
    }
}

/// The token set of one user.
#[derive(Clone)]
pub struct TokenSet {
    store: NodeStore,
    key: Vec<u8>,
}

/// What became of a token that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Added {
    /// It is a member now.
    Added,
    /// It was one already.
    Already,
}

/// What became of a token that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Removed {
    /// It is none any more.
    Removed,
    /// It was none.
    Missing,
}

impl TokenSet {
    /// Adds a token.
    ///
    /// # Errors
    ///
    /// Where the servers fail. It can be added again.
    pub async fn add(&self, sid: &Sid) -> Result<Added> {
        Ok(match self.member("SADD", sid).await? {
            true => Added::Added,
            false => Added::Already,
        })
    }

    /// Removes a token. **Its session lives on**: [`sign_out`](TokenSet::sign_out) ends it, too.
    ///
    /// # Errors
    ///
    /// Where the servers fail. It can be removed again.
    pub async fn remove(&self, sid: &Sid) -> Result<Removed> {
        Ok(match self.member("SREM", sid).await? {
            true => Removed::Removed,
            false => Removed::Missing,
        })
    }

    /// Whether a token is a member. Asked for each session that is loaded, it is what makes a sign-out final that Node
    /// undoes: see the [guide](crate::guide).
    ///
    /// # Errors
    ///
    /// Where the servers fail.
    pub async fn contains(&self, sid: &Sid) -> Result<bool> {
        let mut command = cmd("SISMEMBER");
        command.arg(&self.key[..]).arg(sid.expose());
        let reply = self.store.link().ask(Operation::TokenSet, &command).await?;
        flag_of(&reply).ok_or_else(|| odd(Operation::TokenSet))
    }

    /// The tokens, in no order. A member that cannot be a session's id is left out.
    ///
    /// # Errors
    ///
    /// Where the servers fail.
    pub async fn list(&self) -> Result<Vec<Sid>> {
        let members = self.members(Operation::TokenSet).await?;
        let sid = |member: Vec<u8>| Sid::parse(std::str::from_utf8(&member).ok()?).ok();
        Ok(members.into_iter().filter_map(sid).collect())
    }

    /// Signs the user in: creates a session with these data, and then adds its id. Only then is the id handed out: so
    /// whoever ends all sessions of the user either finds this one, or comes before it.
    ///
    /// # Errors
    ///
    /// As [`NodeStore::create`]. Where the token cannot be added, the session is ended again, if that is possible; a
    /// crash in between leaves a session whose id nobody has.
    pub async fn sign_in(&self, data: NodeData) -> Result<NodeSession> {
        let session = self.store.create(data).await?;
        match self.add(session.sid()).await {
            Ok(_) => Ok(session),
            Err(error) => {
                let _ = self.store.destroy(session.sid()).await;
                Err(error)
            }
        }
    }

    /// The same from a session that the visitor has: the new one, with these data, takes its place, under a new id. See
    /// [`NodeStore::regenerate`].
    ///
    /// # Errors
    ///
    /// As [`sign_in`](TokenSet::sign_in).
    pub async fn sign_in_from(&self, old: &NodeSession, data: NodeData) -> Result<Regenerated> {
        let regenerated = self.store.regenerate(old, data).await?;
        if let Regenerated::Regenerated(session) = &regenerated
            && let Err(error) = self.add(session.sid()).await
        {
            let _ = self.store.destroy(session.sid()).await;
            return Err(error);
        }
        Ok(regenerated)
    }

    /// Signs one session out: ends it, and then forgets its token. So there is never a session whose token is
    /// forgotten.
    ///
    /// # Errors
    ///
    /// Where the servers fail. Sign out again: what is done already is passed over.
    pub async fn sign_out(&self, sid: &Sid) -> Result<crate::Destroyed> {
        let destroyed = self.store.destroy(sid).await?;
        let _ = self.remove(sid).await?;
        Ok(destroyed)
    }

    async fn member(&self, command: &str, sid: &Sid) -> Result<bool> {
        let operation = Operation::TokenSet;
        let mut command = cmd(command);
        command.arg(&self.key[..]).arg(sid.expose());
        let reply = self.store.link().tell(operation, &command).await?;
        flag_of(&reply).ok_or_else(|| unclear(operation))
    }

    async fn members(&self, operation: Operation) -> Result<Vec<Vec<u8>>> {
        let mut command = cmd("SMEMBERS");
        command.arg(&self.key[..]);
        let members = match self.store.link().ask(operation, &command).await? {
            Value::Array(members) | Value::Set(members) => members,
            _ => return Err(odd(operation)),
        };
        let bytes = |member| match member {
            Value::BulkString(bytes) => Ok(bytes),
            _ => Err(odd(operation)),
        };
        members.into_iter().map(bytes).collect()
    }

    /// The session of a member, whatever it is; but never the set itself.
    fn session_of(&self, member: &[u8]) -> Option<Vec<u8>> {
        let key = self.store.layout().key_of(member);
        (key != self.key).then_some(key)
    }
}

/// Without the user's id.
impl fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSet")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
