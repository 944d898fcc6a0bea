//! A hash table of things that know their own key.

use std::borrow::Borrow;
use std::hash::{BuildHasher as _, Hash, RandomState};

use hashbrown::HashTable;

/// A thing that knows the key it is found by. The key never changes while the thing is in a table.
pub(crate) trait Keyed {
    type Key: Hash + Eq + Clone;

    fn key(&self) -> impl Borrow<Self::Key>;
}

/// Things by their keys, which stand in the things alone: beside a pointer a second copy of the key would
/// be most of what a place in the table takes.
///
/// The hasher has a random key: tokens that someone else issued can be ground until their digests
/// collide under a hasher without one.
#[derive(Debug)]
pub(crate) struct KeyedTable<T> {
    things: HashTable<T>,
    hasher: RandomState,
}

impl<T: Keyed> KeyedTable<T> {
    pub(crate) fn new() -> Self {
        Self {
            things: HashTable::new(),
            hasher: RandomState::new(),
        }
    }

    /// The hash of a key in this table, and in no other.
    pub(crate) fn hash(&self, key: &T::Key) -> u64 {
        self.hasher.hash_one(key)
    }

    pub(crate) fn get(&self, key: &T::Key) -> Option<&T> {
        self.things.find(self.hash(key), |thing| has(thing, key))
    }

    pub(crate) fn get_mut(&mut self, key: &T::Key) -> Option<&mut T> {
        let hash = self.hash(key);
        self.get_hashed_mut(hash, key)
    }

    /// The same, for whoever knows the hash already.
    pub(crate) fn get_hashed_mut(&mut self, hash: u64, key: &T::Key) -> Option<&mut T> {
        self.things.find_mut(hash, |thing| has(thing, key))
    }

    /// One of the things whose keys have this hash.
    pub(crate) fn find_mut(&mut self, hash: u64, is_it: impl Fn(&T) -> bool) -> Option<&mut T> {
        let Self { things, hasher } = self;
        things.find_mut(hash, |thing| is_it(thing) && hash_of(thing, hasher) == hash)
    }

    /// Adds a thing whose key no other has.
    pub(crate) fn insert(&mut self, hash: u64, thing: T) {
        let Self { things, hasher } = self;
        things.insert_unique(hash, thing, |thing| hash_of(thing, hasher));
    }

    /// Takes a thing out, and gives memory back once most of them have gone, with room left for as many
    /// again.
    pub(crate) fn remove(&mut self, key: &T::Key) -> Option<T> {
        let hash = self.hash(key);
        let Self { things, hasher } = self;
        let entry = things.find_entry(hash, |thing| has(thing, key)).ok()?;
        let (thing, _) = entry.remove();
        if things.capacity() > 64 && things.len() < things.capacity() / 4 {
            things.shrink_to(2 * things.len(), |thing| hash_of(thing, hasher));
        }
        Some(thing)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.things.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.things.len()
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.things.capacity()
    }
}

fn has<T: Keyed>(thing: &T, key: &T::Key) -> bool {
    thing.key().borrow() == key
}

fn hash_of<T: Keyed>(thing: &T, hasher: &RandomState) -> u64 {
    hasher.hash_one(thing.key().borrow())
}
