//! Those who change the same token set at once, one after another.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom_core::{SessionId, Subject};

const PLACES: usize = 1024;

/// A turn for each who has been in another's way.
///
/// A sign-in at the cap is based on who is in the set, so that of many at once all but one are in vain, again
/// and again. Those of one host who have met this wait for one another, in the order in which they came. Who
/// meets nobody waits for nobody. Subjects share the places, as many as there are, so that nothing
/// grows; those who share one wait for one another without need.
pub(crate) struct Turns {
    places: Box<[tokio::sync::Mutex<()>]>,
    hash: RandomState,
}

impl Turns {
    pub(crate) fn new() -> Self {
        Self {
            places: (0..PLACES).map(|_| tokio::sync::Mutex::new(())).collect(),
            hash: RandomState::new(),
        }
    }

    pub(crate) fn of(&self, subject: &Subject) -> &tokio::sync::Mutex<()> {
        &self.places[place(&self.hash, subject)]
    }
}

fn place(hash: &RandomState, subject: &Subject) -> usize {
    hash.hash_one(subject.as_str()) as usize % PLACES
}

type Seen = Option<(Subject, Vec<SessionId>)>;

/// The members of 1,024 token sets, as this host has seen them last; of none with more than 128.
///
/// Which records have to be read to make room in a set is known by its members alone. Where they are known
/// before, both are read in one step. What is remembered here is never an answer.
pub(crate) struct Lately {
    places: Box<[Mutex<Seen>]>,
    hash: RandomState,
}

impl Lately {
    /// The largest set that is remembered.
    pub(crate) const LARGEST: usize = 128;

    pub(crate) fn new() -> Self {
        Self {
            places: (0..PLACES).map(|_| Mutex::new(None)).collect(),
            hash: RandomState::new(),
        }
    }

    /// The members that were there last, where they are remembered.
    pub(crate) fn members(&self, subject: &Subject) -> Vec<SessionId> {
        let there = self.place(subject);
        match &*there {
            Some((of, members)) if of == subject => members.clone(),
            _ => Vec::new(),
        }
    }

    /// Remembers who was read, or else who was known before, with what has changed since.
    pub(crate) fn change(
        &self,
        subject: &Subject,
        read: Option<&[SessionId]>,
        changes: impl IntoIterator<Item = (SessionId, bool)>,
    ) {
        let mut there = self.place(subject);
        let before = there.take_if(|(of, _)| of == subject);
        let members = match (read, before) {
            (Some(read), _) => Some(read.to_vec()),
            (None, before) => before.map(|(_, members)| members),
        };
        let Some(mut members) = members else { return };
        for (id, joins) in changes {
            members.retain(|there| *there != id);
            if joins {
                members.push(id);
            }
        }
        if members.len() <= Self::LARGEST {
            *there = Some((subject.clone(), members));
        }
    }

    fn place(&self, subject: &Subject) -> MutexGuard<'_, Seen> {
        let place = &self.places[place(&self.hash, subject)];
        place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without whom it is about.
impl std::fmt::Debug for Turns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turns").finish_non_exhaustive()
    }
}

/// Without whom it is about.
impl std::fmt::Debug for Lately {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lately").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::*;

    fn ids(numbers: impl IntoIterator<Item = u8>) -> Vec<SessionId> {
        let id = |number| SessionId::from_stored([number; SessionId::LEN]);
        numbers.into_iter().map(id).collect()
    }

    #[test]
    fn members_are_those_that_were_read_with_what_has_changed_since() {
        let (lately, ada) = (Lately::new(), Subject::new("ada").unwrap());
        let all = ids(1..=4);
        // Who came to a set that nobody has read is one of many.
        lately.change(&ada, None, [(all[0], true)]);
        assert_eq!(lately.members(&ada), []);
        lately.change(&ada, Some(&all[..2]), [(all[2], true)]);
        assert_eq!(lately.members(&ada), all[..3]);
        lately.change(&ada, None, [(all[0], false), (all[3], true)]);
        assert_eq!(lately.members(&ada), all[1..]);
        // Nobody is in it twice.
        lately.change(&ada, None, [(all[3], true)]);
        assert_eq!(lately.members(&ada), all[1..]);
        lately.change(&ada, Some(&all[..1]), []);
        assert_eq!(lately.members(&ada), all[..1]);
    }

    #[test]
    fn large_sets_are_not_remembered() {
        let (lately, ada) = (Lately::new(), Subject::new("ada").unwrap());
        let most = ids(0..Lately::LARGEST as u8);
        lately.change(&ada, Some(&most), []);
        assert_eq!(lately.members(&ada), most);
        lately.change(&ada, None, [(ids([200])[0], true)]);
        assert_eq!(lately.members(&ada), []);
    }

    #[test]
    fn a_place_has_but_one_subject() {
        let lately = Lately::new();
        let subject = |n: usize| Subject::new(format!("user-{n}")).unwrap();
        let place_of = |of: &Subject| place(&lately.hash, of);
        let (one, members) = (subject(0), ids([1]));
        let mut others = (1..).map(subject);
        let other = others.find(|other| place_of(other) == place_of(&one));
        let other = other.unwrap();
        lately.change(&one, Some(&members), []);
        assert_eq!(lately.members(&other), []);
        lately.change(&other, None, [(members[0], true)]);
        assert_eq!(
            lately.members(&one),
            members,
            "nothing is known of the other"
        );
        lately.change(&other, Some(&members), []);
        assert_eq!(lately.members(&one), []);
    }
}
