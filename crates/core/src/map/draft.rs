//! A map under change, and how its changes are merged.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;

use serde::Serialize;

use crate::error::Result;
use crate::external::Credential;
use crate::map::SessionMap;
use crate::sessions::{Lookup, Session, Sessions};

/// A copy of a [`SessionMap`] that a request changes, and that remembers what was changed.
///
/// [Merging](Sessions::merge) it writes only the keys that were set or removed, on top of what is
/// stored then. Of two requests that set different keys, both win; of two that set the same key, the
/// later one does. Nothing is guessed by comparing values: a key counts as changed when it was set or
/// removed, and only then.
///
/// It reads like the map. It is no session data by itself: what is stored, and what a write answers
/// with, are maps, so that no change is made twice.
///
/// ```
/// # use cloakroom_core::*;
/// # async fn visited(sessions: &Sessions<SessionMap>, token: &Token) -> Result<()> {
/// let Lookup::Found(session) = sessions.load(token).await? else { return Ok(()) };
/// let mut draft = session.into_data().draft();
/// let visits: u32 = draft.get("visits")?.unwrap_or(0);
/// draft.set("visits", visits + 1)?;
/// let _ = sessions.merge(token, &mut draft).await?;
/// assert!(!draft.is_changed());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Default)]
pub struct MapDraft {
    map: SessionMap,
    /// The keys that were set or removed. What became of them is in the map.
    changed: BTreeSet<String>,
}

impl SessionMap {
    /// A draft of this map, without changes.
    #[must_use]
    pub fn draft(self) -> MapDraft {
        MapDraft {
            map: self,
            changed: BTreeSet::new(),
        }
    }

    /// Does to this map what was done to a draft: for maps that are a part of larger data, in the
    /// closure of an [`update`](Sessions::update).
    pub fn apply(&mut self, draft: &MapDraft) {
        for key in &draft.changed {
            match draft.map.values.get(key) {
                Some(value) => self.values.insert(key.clone(), value.clone()),
                None => self.values.remove(key),
            };
        }
    }
}

impl MapDraft {
    /// A draft of an empty map: for changes that do not depend on what is there.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    ///
    /// As [`SessionMap::set`].
    pub fn set(&mut self, key: impl Into<String>, value: impl Serialize) -> Result<()> {
        let key = key.into();
        self.map.set(key.clone(), value)?;
        self.changed.insert(key);
        Ok(())
    }

    /// Removes a key. Says whether there was a value. It counts as a change in any case: another
    /// request may have set one meanwhile.
    pub fn remove(&mut self, key: &str) -> bool {
        self.changed.insert(key.to_owned());
        self.map.remove(key)
    }

    /// Whether a key was set or removed, and not merged since.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }
}

/// Reads as the map does.
impl Deref for MapDraft {
    type Target = SessionMap;

    fn deref(&self) -> &SessionMap {
        &self.map
    }
}

/// Without the keys and the values.
impl fmt::Debug for MapDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapDraft")
            .field("map", &self.map)
            .field("changed", &self.changed.len())
            .finish()
    }
}

impl Sessions<SessionMap> {
    /// Stores what was set and removed in a draft, and nothing else of it. With no change, nothing is
    /// written.
    ///
    /// Once it is stored, the draft has no changes any more; it still reads as it did, without what
    /// others have stored. Where there is no session, or storing fails, it keeps them.
    ///
    /// # Errors
    ///
    /// As [`update`](Sessions::update).
    pub async fn merge(
        &self,
        credential: &impl Credential,
        draft: &mut MapDraft,
    ) -> Result<Lookup<Session<SessionMap>>> {
        if !draft.is_changed() {
            return self.peek(credential).await;
        }
        let merged = self
            .update(credential, |stored| stored.apply(draft))
            .await?;
        if merged.is_found() {
            draft.changed.clear();
        }
        Ok(merged)
    }
}
