//! Forgetting tokens whose sessions have gone by themselves.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use cloakroom_core::{Operation, Result, Timestamp};
use futures_util::future::try_join_all;
use redis::cmd;

use crate::reply::{count_of, flag_of, odd, unclear};
use crate::script;
use crate::tokens::TokenSet;

/// How long a token must have been without a session before it is forgotten. Node writes a session at the end of the
/// request that added its token.
const GRACE: Duration = Duration::from_secs(60);

/// How many are asked for at once.
const CHUNK: usize = 512;

/// The tokens of a set that had no session when it was looked at.
#[derive(Clone)]
pub struct Missing {
    /// Each with when it was without a session first.
    members: HashMap<Vec<u8>, Timestamp>,
}

impl Missing {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

/// Without the tokens.
impl fmt::Debug for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Missing({} tokens)", self.members.len())
    }
}

/// What [`TokenSet::prune`] has done.
#[derive(Debug, Clone)]
pub struct Pruned {
    /// How many tokens were forgotten.
    pub forgotten: u64,
    /// Those without a session that stay for now. To be given to the next call, a minute later or more.
    pub missing: Missing,
}

impl TokenSet {
    /// Forgets tokens whose sessions have gone by themselves: those that had none at an earlier look, at least a minute
    /// ago, and have none now. In Node a sign-in adds the token first, and writes its session at the end of the
    /// request; one look alone would take such a token for one to forget.
    ///
    /// On a cluster a token and its session are on different servers: it forgets the token, looks once more, and adds
    /// it again where Node has written the session meanwhile. Where this process ends between those two, that session lives
    /// without its token. One that Node writes a minute after it had ended is one that Node has revived.
    ///
    /// # Errors
    ///
    /// Where the servers fail. Some may have been forgotten by then; prune again.
    pub async fn prune(&self, earlier: Option<&Missing>) -> Result<Pruned> {
        let now = self.store.now();
        let members = self
            .without_session(self.members(Operation::PurgeExpired).await?)
            .await?;
        let since = |member: &Vec<u8>| {
            let earlier = earlier.and_then(|earlier| earlier.members.get(member));
            earlier.copied().unwrap_or(now)
        };
        let is_due = |member: &Vec<u8>| now.since(since(member)) >= GRACE;
        let (due, rest): (Vec<_>, Vec<_>) = members.into_iter().partition(is_due);
        let forgotten = match self.store.link().is_one() {
            true => self.forget_at_once(&due).await?,
            false => self.forget_one_by_one(&due).await?,
        };
        let with_time = |member| {
            let since = since(&member);
            (member, since)
        };
        Ok(Pruned {
            forgotten,
            missing: Missing {
                members: rest.into_iter().map(with_time).collect(),
            },
        })
    }

    async fn without_session(&self, members: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>> {
        let mut without = Vec::new();
        for chunk in members.chunks(CHUNK) {
            let there = try_join_all(chunk.iter().map(|member| self.has_session(member))).await?;
            let pairs = chunk.iter().zip(there);
            without.extend(
                pairs
                    .filter(|(_, there)| !there)
                    .map(|(member, _)| member.clone()),
            );
        }
        Ok(without)
    }

    async fn has_session(&self, member: &[u8]) -> Result<bool> {
        let Some(key) = self.session_of(member) else {
            return Ok(false);
        };
        let mut exists = cmd("EXISTS");
        exists.arg(key);
        let reply = self
            .store
            .link()
            .ask(Operation::PurgeExpired, &exists)
            .await?;
        flag_of(&reply).ok_or_else(|| odd(Operation::PurgeExpired))
    }

    async fn forget_at_once(&self, due: &[Vec<u8>]) -> Result<u64> {
        let mut forgotten = 0;
        for chunk in due.chunks(CHUNK) {
            // A member that would be the set itself has no session; its token stays.
            let pairs = chunk
                .iter()
                .filter_map(|member| Some((member, self.session_of(member)?)));
            let (members, sessions): (Vec<_>, Vec<_>) = pairs.unzip();
            let keys: Vec<_> = std::iter::once(self.key.clone()).chain(sessions).collect();
            let args: Vec<_> = members.into_iter().map(Vec::as_slice).collect();
            let link = self.store.link();
            let reply = link
                .script(Operation::PurgeExpired, &script::PRUNE, &keys, &args)
                .await?;
            forgotten +=
                count_of(&reply, chunk.len()).ok_or_else(|| unclear(Operation::PurgeExpired))?;
        }
        Ok(forgotten)
    }

    /// A session that comes back between the look and the forgetting gets its token back.
    async fn forget_one_by_one(&self, due: &[Vec<u8>]) -> Result<u64> {
        let link = self.store.link();
        let mut forgotten = 0;
        for member in due {
            let mut forget = cmd("SREM");
            forget.arg(&self.key[..]).arg(&member[..]);
            let _ = link.tell(Operation::PurgeExpired, &forget).await?;
            if self.has_session(member).await? {
                let mut again = cmd("SADD");
                again.arg(&self.key[..]).arg(&member[..]);
                let _ = link.tell(Operation::PurgeExpired, &again).await?;
            } else {
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }
}
