//! What the contract does not say.

use cloakroom_core::Timestamp;

use crate::model::Op;
use crate::model::rules::state::{Known, Model};

impl Model {
    /// Whether the operation would give a new session an id to which an earlier session's ids lead.
    ///
    /// No handle does that: only ids of externally issued tokens are ever used again, and those are
    /// never renewed. So the contract does not say what becomes of those earlier ids.
    pub(crate) fn recycles(&mut self, op: &Op, now: Timestamp) -> bool {
        self.forget(now);
        let new = match op {
            Op::Create(request) => request.record.id(),
            Op::Renew(request) => request.new,
            _ => return false,
        };
        let leads_to_new = |known: &Known| match known {
            Known::Renewed(renewed) => renewed.next == new || renewed.last == new,
            Known::Session(_) | Known::Ended(_) => false,
        };
        let taken_over = match (self.ids.get(&new), op) {
            (None, _) => true,
            (Some(Known::Session(_)), Op::Create(request)) => {
                request.replaces.is_some_and(|old| old.id == new)
            }
            (Some(Known::Ended(there)), Op::Create(request)) => request.over == Some(there.by),
            _ => false,
        };
        taken_over && self.ids.values().any(leads_to_new)
    }
}
