//! What can become of an operation.

use crate::session::NodeSession;

/// What [`NodeStore::load`](crate::NodeStore::load) found.
#[derive(Debug)]
#[must_use]
pub enum Loaded {
    /// The session.
    Found(NodeSession),
    /// There is none of this id.
    Absent,
    /// It says itself that it is over, though it is still there. koa-session looks at that, the others do not.
    Ended,
}

impl Loaded {
    /// The session, where there is one that lives.
    #[must_use]
    pub fn found(self) -> Option<NodeSession> {
        match self {
            Self::Found(session) => Some(session),
            Self::Absent | Self::Ended => None,
        }
    }
}

/// What became of a session that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// It is written.
    Saved,
    /// Somebody else has written it since it was read. Nothing was written: read it again.
    Conflict,
    /// It has ended since it was read. Nothing was written, and nothing brings it back.
    Missing,
    /// Its lifetime is over: it was deleted. So does Express.
    Over,
}

/// What became of a session that was to be changed.
#[derive(Debug)]
#[must_use]
pub enum Updated {
    /// The session as it is now. Where the closure changed nothing, nothing was written.
    Saved(NodeSession),
    /// There is none of this id, or it has ended meanwhile.
    Absent,
    /// Its lifetime is over: it was deleted.
    Over,
}

impl Updated {
    /// The session, where there is one that lives.
    #[must_use]
    pub fn saved(self) -> Option<NodeSession> {
        match self {
            Self::Saved(session) => Some(session),
            Self::Absent | Self::Over => None,
        }
    }
}

/// What became of a session that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Touched {
    /// Its lifetime begins again.
    Touched,
    /// It has ended since it was read.
    Missing,
    /// Its lifetime is over: it was deleted.
    Over,
}

/// What became of a session that was to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Destroyed {
    /// It has ended.
    Destroyed,
    /// There was none.
    Missing,
}

/// What became of a session that was to have a new id.
#[derive(Debug)]
#[must_use]
pub enum Regenerated {
    /// The session under its new id. The old one is dead.
    Regenerated(NodeSession),
    /// Somebody has changed the old session since it was read. Nothing has changed: read it again.
    Conflict,
    /// The old session has ended since it was read. There is no new one.
    Missing,
}

/// What became of a session that was to have a lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Limited {
    /// It has it now.
    Limited,
    /// It had one already, which stays.
    HasLifetime,
    /// There is none of this id.
    Missing,
}

/// What became of a session that was to be quarantined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Quarantined {
    /// Nobody can use it any more. [`release`](crate::NodeStore::release) brings it back.
    Quarantined,
    /// There is none of this id.
    Missing,
}

/// What became of a session that was to come back out of quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Released {
    /// It is back.
    Released,
    /// There is a session of this id again. It was left alone, and so was the one in quarantine.
    Conflict,
    /// None of this id is in quarantine.
    Missing,
}
