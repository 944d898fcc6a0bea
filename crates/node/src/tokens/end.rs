//! Ending all sessions of a user, or all but one.

use cloakroom_core::{Error, ErrorKind, Operation, Result};
use redis::{Value, cmd};

use crate::reply::{count_of, flag_of, unclear};
use crate::script;
use crate::sid::Sid;
use crate::tokens::TokenSet;

/// How often the set is read again where tokens are added or removed meanwhile.
const RERUNS: u32 = 64;

/// What [`TokenSet::end_all`] has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ended {
    /// How many sessions there were.
    pub sessions: u64,
    /// How many tokens were forgotten. More than sessions, where some had gone by themselves.
    pub tokens: u64,
}

impl TokenSet {
    /// The password was changed: removes every token, and deletes every session of one.
    ///
    /// On one server that is one atomic step: a token that is added meanwhile is either ended with the others, or
    /// added after. On a cluster the sessions lie on many servers: each is deleted, and only then is its token
    /// forgotten, so that no session is ever alive whose token is. A token that is added after the set was read stays.
    ///
    /// # Errors
    ///
    /// Where the servers fail. On a cluster some may have ended by then. **Call it again**, also after a crash: what is
    /// not done yet is still in the set. [`ErrorKind::Contended`] where the set keeps changing.
    pub async fn end_all(&self) -> Result<Ended> {
        self.end(None).await
    }

    /// The same for all but one session, such as that of the browser in which the password was changed.
    ///
    /// # Errors
    ///
    /// As [`end_all`](TokenSet::end_all).
    pub async fn end_others(&self, keep: &Sid) -> Result<Ended> {
        self.end(Some(keep)).await
    }

    async fn end(&self, keep: Option<&Sid>) -> Result<Ended> {
        let kept = keep.map(|sid| sid.expose().as_bytes());
        for _ in 0..=RERUNS {
            let members = self.members(Operation::Revoke).await?;
            let is_ending = |member: &Vec<u8>| Some(&member[..]) != kept;
            let (ending, staying): (Vec<_>, Vec<_>) = members.into_iter().partition(is_ending);
            if ending.is_empty() {
                return Ok(Ended::default());
            }
            if !self.store.link().is_one() {
                return self.end_one_by_one(&ending).await;
            }
            if let Some(ended) = self.end_at_once(&ending, &staying).await? {
                return Ok(ended);
            }
        }
        Err(Error::new(ErrorKind::Contended, Operation::Revoke))
    }

    /// Nothing where the set is another by now.
    async fn end_at_once(&self, ending: &[Vec<u8>], staying: &[Vec<u8>]) -> Result<Option<Ended>> {
        let sessions = ending.iter().filter_map(|member| self.session_of(member));
        let keys: Vec<_> = std::iter::once(self.key.clone()).chain(sessions).collect();
        let count = ending.len().to_string();
        let mut args = vec![count.as_bytes()];
        args.extend(ending.iter().chain(staying).map(Vec::as_slice));
        let link = self.store.link();
        let reply = link
            .script(Operation::Revoke, &script::REVOKE, &keys, &args)
            .await?;
        if reply == Value::Int(-1) {
            return Ok(None);
        }
        let sessions = count_of(&reply, ending.len());
        Ok(Some(Ended {
            sessions: sessions.ok_or_else(|| unclear(Operation::Revoke))?,
            tokens: ending.len() as u64,
        }))
    }

    async fn end_one_by_one(&self, ending: &[Vec<u8>]) -> Result<Ended> {
        let link = self.store.link();
        let mut ended = Ended::default();
        for member in ending {
            if let Some(session) = self.session_of(member) {
                let mut delete = cmd("DEL");
                delete.arg(&session[..]);
                let reply = link.tell(Operation::Revoke, &delete).await?;
                let was_there = flag_of(&reply).ok_or_else(|| unclear(Operation::Revoke))?;
                ended.sessions += u64::from(was_there);
            }
            let mut forget = cmd("SREM");
            forget.arg(&self.key[..]).arg(&member[..]);
            let reply = link.tell(Operation::Revoke, &forget).await?;
            let was_there = flag_of(&reply).ok_or_else(|| unclear(Operation::Revoke))?;
            ended.tokens += u64::from(was_there);
        }
        Ok(ended)
    }
}
