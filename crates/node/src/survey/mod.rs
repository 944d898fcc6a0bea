//! What is in a Redis full of Node's sessions.

mod kind;
mod report;

use std::fmt;
use std::time::Duration;

use cloakroom_core::{Operation, Result};
use futures_util::future::try_join_all;
use redis::{Value, cmd};

use crate::link::{Link, Primary};
use crate::reply::{count_of, left_of, odd};
use crate::servers::Servers;
use crate::session::Left;
use crate::sid::Sid;

pub use kind::EntryKind;
pub use report::{Count, Report};

/// How many keys a server looks at for each page.
const PAGE: u32 = 500;

/// Above this a value is not read: no session is so large.
const LARGEST: u64 = 8 << 20;

/// Goes over all keys of a Redis and says what they are. **It changes nothing**: it asks by `SCAN`, `TYPE`, `STRLEN`,
/// `GET`, `SCARD` and `PTTL`.
///
/// ```no_run
/// use cloakroom_node::{Servers, Survey};
///
/// # async fn example() -> cloakroom_core::Result<()> {
/// let survey = Survey::new(Servers::standalone("redis://127.0.0.1")).prefix("sid:");
/// println!("{}", survey.report().await?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Survey {
    servers: Servers,
    prefixes: Vec<String>,
    timeout: Duration,
}

impl Survey {
    /// Of these servers.
    #[must_use]
    pub fn new(servers: Servers) -> Self {
        Self {
            servers,
            prefixes: Vec::new(),
            timeout: Duration::from_secs(5),
        }
    }

    /// That keys which begin so are sessions: what is none is damage then. It can be given several times. Without any,
    /// what looks like no session counts as something else.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.push(prefix.into());
        self
    }

    /// The deadline of each request. 5 seconds by default, and a year at most: what is longer is a year.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Begins. Each page is asked for when it is wanted, so that the servers are not kept busy.
    ///
    /// # Errors
    ///
    /// Where the servers cannot be reached.
    pub async fn walk(&self) -> Result<Walk> {
        let link = Link::open(&self.servers, self.timeout).await?;
        Walk::new(link, self.prefixes.clone(), Vec::new()).await
    }

    /// Counts all there is.
    ///
    /// # Errors
    ///
    /// Where the servers fail.
    pub async fn report(&self) -> Result<Report> {
        let mut walk = self.walk().await?;
        let mut report = Report::default();
        while let Some(page) = walk.next_page().await? {
            for entry in &page {
                report.count(entry);
            }
        }
        Ok(report)
    }
}

/// A key and what it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    key: Vec<u8>,
    kind: EntryKind,
    left: Left,
}

impl Entry {
    /// The key: it has the session's id in it, which is a secret.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The id, of a key that begins so.
    #[must_use]
    pub fn sid(&self, prefix: &str) -> Option<Sid> {
        let id = self.key.strip_prefix(prefix.as_bytes())?;
        Sid::parse(std::str::from_utf8(id).ok()?).ok()
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> EntryKind {
        self.kind
    }

    /// How long it has left.
    #[must_use]
    pub fn left(&self) -> Left {
        self.left
    }
}

/// Without the key.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("kind", &self.kind)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// A survey under way.
#[derive(Debug)]
pub struct Walk {
    link: Link,
    prefixes: Vec<String>,
    pattern: Vec<u8>,
    primaries: Vec<Primary>,
    cursor: Vec<u8>,
}

impl Walk {
    /// Over the keys that begin with `within`.
    pub(crate) async fn new(link: Link, prefixes: Vec<String>, within: Vec<u8>) -> Result<Self> {
        let primaries = link.primaries(Operation::Scan).await?;
        Ok(Self {
            pattern: pattern(&within),
            link,
            prefixes,
            primaries,
            cursor: b"0".to_vec(),
        })
    }

    /// The next entries; there may be none on a page. Nothing at the end. A key that is there all the time is on some
    /// page; it may be on two. On a cluster whose slots move meanwhile, it may be on none.
    ///
    /// # Errors
    ///
    /// Where the servers fail. Ask again: it goes on from where it was.
    pub async fn next_page(&mut self) -> Result<Option<Vec<Entry>>> {
        let Some(primary) = self.primaries.last() else {
            return Ok(None);
        };
        let mut scan = cmd("SCAN");
        scan.arg(&self.cursor[..])
            .arg("MATCH")
            .arg(&self.pattern[..])
            .arg("COUNT")
            .arg(PAGE);
        let reply = self
            .link
            .ask_primary(Operation::Scan, primary, &scan)
            .await?;
        let (cursor, keys) = page_of(reply).ok_or_else(|| odd(Operation::Scan))?;
        let entries = try_join_all(keys.into_iter().map(|key| self.look(key))).await?;
        if cursor == b"0" {
            self.primaries.pop();
        }
        self.cursor = cursor;
        Ok(Some(entries.into_iter().flatten().collect()))
    }

    /// Nothing where the key has gone meanwhile.
    async fn look(&self, key: Vec<u8>) -> Result<Option<Entry>> {
        let left = self.ask("PTTL", &key).await?;
        let Some(left) = left_of(&left).ok_or_else(|| odd(Operation::Scan))? else {
            return Ok(None);
        };
        let Value::SimpleString(kind) = self.ask("TYPE", &key).await? else {
            return Err(odd(Operation::Scan));
        };
        let is_ours = self
            .prefixes
            .iter()
            .any(|prefix| key.starts_with(prefix.as_bytes()));
        let kind = match kind.as_str() {
            "none" => return Ok(None),
            "string" => {
                let length = count_of(&self.ask("STRLEN", &key).await?, usize::MAX);
                let value = match length.ok_or_else(|| odd(Operation::Scan))? {
                    0..=LARGEST => self.ask("GET", &key).await?,
                    _ => Value::BulkString(Vec::new()),
                };
                match value {
                    Value::BulkString(value) => EntryKind::of(&value, is_ours),
                    Value::Nil => return Ok(None),
                    _ => return Err(odd(Operation::Scan)),
                }
            }
            "set" => {
                let members = count_of(&self.ask("SCARD", &key).await?, usize::MAX);
                EntryKind::Set {
                    members: members.ok_or_else(|| odd(Operation::Scan))?,
                }
            }
            _ if is_ours => EntryKind::Damaged(crate::Damage::NotAString),
            _ => EntryKind::Other,
        };
        Ok(Some(Entry { key, kind, left }))
    }

    async fn ask(&self, command: &str, key: &[u8]) -> Result<Value> {
        let mut command = cmd(command);
        command.arg(key);
        self.link.ask(Operation::Scan, &command).await
    }
}

/// What `MATCH` takes for keys that begin so: its own signs in them are just characters.
fn pattern(prefix: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(prefix.len() + 1);
    for byte in prefix {
        if b"*?[]\\^-".contains(byte) {
            pattern.push(b'\\');
        }
        pattern.push(*byte);
    }
    pattern.push(b'*');
    pattern
}

fn page_of(reply: Value) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
    let Value::Array(parts) = reply else {
        return None;
    };
    let mut parts = parts.into_iter();
    let (Value::BulkString(cursor), Value::Array(keys)) = (parts.next()?, parts.next()?) else {
        return None;
    };
    let bytes = |key| match key {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    };
    let keys = keys.into_iter().map(bytes).collect::<Option<_>>()?;
    Some((cursor, keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_no_pattern() {
        assert_eq!(pattern(b"app?:"), b"app\\?:*");
        assert_eq!(pattern(b""), b"*");
    }
}
