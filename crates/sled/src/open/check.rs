//! Reading everything once, to see that nothing was lost.

use std::collections::HashSet;

use cloakroom_core::semantics::Entry;
use cloakroom_core::{PlacementKey, SessionId};

use crate::digest::Digest;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::index::{Change, Index};
use crate::layout::keys::{self, Key};
use crate::layout::{head, state::State};
use crate::read;

const AT_ONCE: usize = 1024;

/// Works out the digest of everything stored, and lists it in the index.
pub(crate) fn read_all(
    engine: &Engine,
    placement_key: &PlacementKey,
    index: &Index,
) -> Result<Digest, Fault> {
    let mut digest = Digest::default();
    let mut members = Members::default();
    let mut after = Vec::new();
    loop {
        let pairs = engine.pairs(&after, None, AT_ONCE)?;
        let Some((last, _)) = pairs.last() else {
            break;
        };
        after = last.to_vec();
        let mut changes = Vec::with_capacity(pairs.len());
        for (key, value) in &pairs {
            let parsed = Key::parse(key);
            if parsed != Some(Key::State) {
                digest = digest.plus(Digest::of(key, value));
            }
            changes.extend(match parsed {
                Some(Key::Entry(id)) => {
                    let entry = read::of_value(engine, id, value)?;
                    members.expect(id, &entry);
                    let over_at = entry.until().map(|until| until.instant());
                    Some(Change::Entry(id, None, over_at))
                }
                Some(Key::Head(subject)) => {
                    let look_at = head::read(&subject, value).kept_until;
                    Some(Change::Set(subject, Some(look_at)))
                }
                Some(Key::Member(subject, id)) => {
                    let is_in_place = placement_key.place(&subject) == id.placement();
                    is_in_place.then(|| {
                        members.found(id);
                        Change::Joins(subject, id)
                    })
                }
                Some(Key::Identity | Key::State | Key::Chunk) | None => None,
            });
        }
        index.apply(changes);
    }
    index.apply(members.missing());
    Ok(digest)
}

/// How far the store has come by its own account; none where it does not say.
pub(crate) fn state(engine: &Engine) -> Result<Option<State>, Fault> {
    Ok(engine
        .get(&keys::STATE)?
        .and_then(|value| State::read(&value)))
}

/// Which sessions are held by no set. Keys come in their order, entries before members.
#[derive(Default)]
struct Members(HashSet<SessionId>);

impl Members {
    fn expect(&mut self, id: SessionId, entry: &Entry) {
        if let Entry::Live(record) = entry
            && record.subject().is_some()
        {
            self.0.insert(id);
        }
    }

    fn found(&mut self, id: SessionId) {
        self.0.remove(&id);
    }

    fn missing(self) -> impl Iterator<Item = Change> {
        self.0.into_iter().map(Change::Stray)
    }
}
