//! Every way in which one call to the store can go wrong, within one call of the handle.

use cloakroom_core::ErrorKind;
use cloakroom_core::fault::{Calls, Faults};

/// How often the handle tries again by default.
pub(crate) const RETRIES: u64 = 2;

/// More calls to the store than any method of the handle makes in these cases.
const MOST_CALLS: u64 = 7;

/// What goes wrong: from one call to the store on, some in a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) what: GoesWrong,
    first: u64,
    times: u64,
}

/// How a call to the store goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GoesWrong {
    AnswerLost,
    RequestLost,
    Unavailable,
}

impl Plan {
    /// The handle can make up for all of these: its tries are enough.
    pub(crate) fn passing() -> impl Iterator<Item = Self> {
        (1..=RETRIES).flat_map(Self::of)
    }

    /// One call to the store goes wrong at each try.
    pub(crate) fn lasting() -> impl Iterator<Item = Self> {
        Self::of(RETRIES + 1)
    }

    fn of(times: u64) -> impl Iterator<Item = Self> {
        let ways = [
            GoesWrong::AnswerLost,
            GoesWrong::RequestLost,
            GoesWrong::Unavailable,
        ];
        let each = move |what| (0..MOST_CALLS).map(move |first| Self { what, first, times });
        ways.into_iter().flat_map(each)
    }

    /// Lets it go wrong from the next call on.
    pub(crate) fn arm(self, faults: &Faults) {
        let calls = Calls::any().skip(self.first).times(self.times);
        match self.what {
            GoesWrong::AnswerLost => faults.lose_answer(calls),
            GoesWrong::RequestLost => faults.lose_request(calls),
            GoesWrong::Unavailable => faults.fail_before(calls, ErrorKind::Unavailable),
        }
    }

    /// How the handle has to fail, where it does.
    pub(crate) fn kind(self) -> ErrorKind {
        match self.what {
            GoesWrong::AnswerLost | GoesWrong::RequestLost => ErrorKind::OutcomeUnknown,
            GoesWrong::Unavailable => ErrorKind::Unavailable,
        }
    }
}
