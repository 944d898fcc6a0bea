//! The members of a token set, as kept in memory.

use std::collections::BTreeSet;

use cloakroom_core::SessionId;

/// The members of a token set. Most users have one session, which then takes no allocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Members {
    #[default]
    Nobody,
    One(SessionId),
    Many(BTreeSet<SessionId>),
}

impl Members {
    pub(crate) fn add(&mut self, id: SessionId) {
        match self {
            Self::Nobody => *self = Self::One(id),
            Self::One(there) if *there == id => {}
            Self::One(there) => *self = Self::Many(BTreeSet::from([*there, id])),
            Self::Many(all) => {
                all.insert(id);
            }
        }
    }

    pub(crate) fn remove(&mut self, id: SessionId) {
        match self {
            Self::Nobody => {}
            Self::One(there) => {
                if *there == id {
                    *self = Self::Nobody;
                }
            }
            Self::Many(all) => {
                all.remove(&id);
                match (all.len(), all.first()) {
                    (1, Some(last)) => *self = Self::One(*last),
                    (0, _) => *self = Self::Nobody,
                    _ => {}
                }
            }
        }
    }

    pub(crate) fn contains(&self, id: SessionId) -> bool {
        match self {
            Self::Nobody => false,
            Self::One(there) => *there == id,
            Self::Many(all) => all.contains(&id),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Nobody => 0,
            Self::One(_) => 1,
            Self::Many(all) => all.len(),
        }
    }

    /// In the order of their ids.
    pub(crate) fn to_vec(&self) -> Vec<SessionId> {
        match self {
            Self::Nobody => Vec::new(),
            Self::One(id) => vec![*id],
            Self::Many(all) => all.iter().copied().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_a_set_in_the_order_of_their_ids() {
        let id = |number| SessionId::from_stored([number; 32]);
        let mut members = Members::default();
        for number in [3, 1, 3, 2] {
            members.add(id(number));
        }
        assert_eq!(members.to_vec(), [id(1), id(2), id(3)]);
        assert_eq!(members.len(), 3);
        members.remove(id(9));
        members.remove(id(2));
        assert!(members.contains(id(1)) && !members.contains(id(2)));
        members.remove(id(1));
        assert_eq!(members, Members::One(id(3)));
        members.add(id(3));
        members.remove(id(1));
        assert_eq!(members.to_vec(), [id(3)]);
        members.remove(id(3));
        assert_eq!(members, Members::Nobody);
    }
}
