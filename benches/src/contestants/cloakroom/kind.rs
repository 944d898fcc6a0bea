//! What a store is filled with, and how it is limited.

use cloakroom_moka::MokaStore;

use crate::contestants::Failure;

/// What a store is filled with, and how it is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Sessions of users, two each, in a store with the default limits: there is none for them.
    SignedIn,
    /// The same, each used once since.
    SignedInUsed,
    /// As [`SignedIn`](Kind::SignedIn) with one session for each user.
    SignedInOnce,
    /// As [`SignedIn`](Kind::SignedIn), with a limit that none of them reaches.
    SignedInLimited,
    /// Anonymous sessions, with a limit that none of them reaches.
    Anonymous,
    /// The same without a limit.
    AnonymousUnlimited,
}

impl Kind {
    /// In a table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::SignedIn => "signed in, two for each user, no limit (the default)",
            Self::SignedInUsed => "the same, each used once since",
            Self::SignedInOnce => "signed in, one for each user, no limit (the default)",
            Self::SignedInLimited => "signed in, two for each user, a limit set",
            Self::Anonymous => "anonymous, a limit set (as by default)",
            Self::AnonymousUnlimited => "anonymous, no limit",
        }
    }

    /// As an argument.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "signed-in",
            Self::SignedInUsed => "signed-in-used",
            Self::SignedInOnce => "signed-in-once",
            Self::SignedInLimited => "signed-in-limited",
            Self::Anonymous => "anonymous",
            Self::AnonymousUnlimited => "anonymous-unlimited",
        }
    }

    /// A store with ample room for this many.
    pub(super) fn store(self, size: usize) -> Result<MokaStore, Failure> {
        let room = 2 * size as u64;
        let store = MokaStore::builder();
        Ok(match self {
            Self::SignedIn | Self::SignedInUsed | Self::SignedInOnce => MokaStore::new(),
            Self::AnonymousUnlimited => store.unbounded_anonymous().build()?,
            Self::SignedInLimited => store.max_signed_in(room).build()?,
            Self::Anonymous => store
                .max_anonymous(room)
                .max_anonymous_bytes(room * 4096)
                .build()?,
        })
    }
}
