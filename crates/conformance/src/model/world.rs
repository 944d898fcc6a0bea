//! Who and what a history is about.

use cloakroom_core::store::{Create, REUSE_MEMORY, Renew};
use cloakroom_core::{Clock, Placement, PlacementKey, SessionId, Subject, SystemClock, Timestamp};

use crate::model::Op;

/// A history starts at a multiple of so many milliseconds, so that times can be shown short.
pub(crate) const EPOCHS: u64 = 10_000_000_000;

/// The first instant of a history.
///
/// Ahead of the clock of this host, so that an engine with a clock of its own never finds something
/// over before the history does.
pub(crate) fn epoch() -> Timestamp {
    let now = SystemClock.now().as_millis();
    Timestamp::from_millis((now / EPOCHS + 1) * EPOCHS)
}

/// The few subjects and placements of a history.
///
/// Two of the subjects share a placement, the third has another, and a third placement has anonymous
/// sessions only.
#[derive(Debug, Clone)]
pub struct World {
    key: PlacementKey,
    subjects: [Subject; 3],
    places: [Placement; 3],
}

impl World {
    /// A world for stores with this placement key.
    ///
    /// # Panics
    ///
    /// Where the key places a hundred thousand subjects so that no two of them share a placement,
    /// which is no placement key.
    #[must_use]
    pub fn new(key: &PlacementKey) -> Self {
        let (ann, bob) = twins(key);
        let shared = key.place(&ann);
        let Some(carol) = named_alike(&ann).find(|subject| key.place(subject) != shared) else {
            panic!("the placement key puts everybody in one placement");
        };
        let own = key.place(&carol);
        let free = (0..=u16::MAX)
            .map(|place| Placement::from_bytes(place.to_be_bytes()))
            .find(|place| *place != shared && *place != own)
            .unwrap_or(own);
        Self {
            key: key.clone(),
            subjects: [ann, bob, carol],
            places: [shared, own, free],
        }
    }

    /// The key that places the subjects.
    pub(crate) fn key(&self) -> &PlacementKey {
        &self.key
    }

    /// The subjects: the first two share a placement.
    #[must_use]
    pub fn subjects(&self) -> &[Subject; 3] {
        &self.subjects
    }

    /// The placements: the first is that of two subjects, the second of one, the third of none.
    #[must_use]
    pub fn places(&self) -> &[Placement; 3] {
        &self.places
    }

    /// Which of the [`places`](World::places) is a subject's.
    pub(crate) fn place_of(&self, subject: &Subject) -> usize {
        self.place_at(self.key.place(subject))
    }

    /// Which of the [`places`](World::places) a placement is.
    pub(crate) fn place_at(&self, placement: Placement) -> usize {
        let found = self.places.iter().position(|place| *place == placement);
        found.unwrap_or_default()
    }

    /// An id that reads as this name and the number of its placement when it is shown.
    #[must_use]
    pub fn id(&self, place: usize, name: &str) -> SessionId {
        let at = self.places[place % self.places.len()];
        id_reading(at, &format!("{name}-at{place}"))
    }

    /// Whether a store has to refuse the request as one that reaches beyond a placement or a limit.
    #[must_use]
    pub fn refuses(&self, op: &Op) -> bool {
        match op {
            Op::Create(request) => self.refuses_create(request),
            Op::Renew(Renew {
                old, new, grace, ..
            }) => old == new || old.placement() != new.placement() || *grace > REUSE_MEMORY,
            _ => false,
        }
    }

    fn refuses_create(&self, request: &Create) -> bool {
        let place = request.record.id().placement();
        let elsewhere = |id: SessionId| id.placement() != place;
        match request.record.subject() {
            None => request.generation.is_some() || request.replaces.is_some(),
            Some(subject) => {
                self.key.place(subject) != place
                    || request.replaces.is_some_and(|old| elsewhere(old.id))
            }
        }
    }
}

/// Subjects whose names a store may stumble over.
fn candidates() -> impl Iterator<Item = Subject> {
    (0..100_000).filter_map(|n| Subject::new(format!("{{{n}}}:*\n\0")).ok())
}

/// Subjects whose names begin with the whole name of another.
fn named_alike(subject: &Subject) -> impl Iterator<Item = Subject> {
    (0..100_000).filter_map(move |n| Subject::new(format!("{}{n}", subject.as_str())).ok())
}

fn twins(key: &PlacementKey) -> (Subject, Subject) {
    let mut placed = std::collections::HashMap::new();
    for subject in candidates() {
        if let Some(twin) = placed.insert(key.place(&subject), subject.clone()) {
            return (twin, subject);
        }
    }
    panic!("the placement key gives every subject a placement of its own");
}

/// The id whose digest is shown as this text, filled up with dashes.
fn id_reading(place: Placement, text: &str) -> SessionId {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = place.to_bytes().to_vec();
    let mut filled = text.bytes().chain(std::iter::repeat(b'-'));
    for _ in 0..SessionId::TEXT_LEN / 4 {
        let bits = filled.by_ref().take(4).fold(0_u32, |bits, character| {
            let sextet = ALPHABET.iter().position(|c| *c == character);
            (bits << 6) | sextet.unwrap_or_default() as u32
        });
        let [_, three @ ..] = bits.to_be_bytes();
        bytes.extend(three);
    }
    // 2 bytes of placement, and 3 for every 4 of the 40 characters.
    SessionId::from_stored(bytes.try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_subjects_share_a_placement_and_the_third_does_not() {
        let key = PlacementKey::default();
        let world = World::new(&key);
        let [a, b, c] = world.subjects().clone().map(|subject| key.place(&subject));
        assert_eq!(a, b);
        assert_ne!(a, c);
        assert_eq!(world.places()[0], a);
        assert_eq!(world.places()[1], c);
        assert!(world.places()[2] != a && world.places()[2] != c);
    }

    #[test]
    fn ids_read_as_their_names() {
        let id = World::new(&PlacementKey::default()).id(1, "n0-17");
        assert_eq!(id.to_string(), format!("{:-<40}", "n0-17-at1"));
    }
}
