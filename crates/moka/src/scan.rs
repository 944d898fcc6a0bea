//! Listing and counting everybody's sessions.

use cloakroom_core::semantics::{self, Shelf as _};
use cloakroom_core::store::{Listed, Page, ScanPage};
use cloakroom_core::{Cursor, Error, ErrorKind, Operation, Result, SessionId, Timestamp};

use crate::shelf::StripeView;
use crate::table::{Table, stripe_of};

impl Table {
    /// [`SessionStore::scan`](cloakroom_core::SessionStore::scan), in the order of the ids, which is
    /// that of the stripes. The cursor is the last id of the page, and the last of its placement.
    pub(crate) fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage> {
        let after = page.after.as_ref().map(id_of).transpose()?;
        let first = after.map_or(0, |after| stripe_of(after.placement()));
        let limit = page.limit.max(1);
        let mut sessions = Vec::new();
        for at in first..=u8::MAX {
            let room = limit.saturating_sub(sessions.len()).max(1);
            let more = self.scan_stripe(at, after, room, now, &mut sessions)?;
            let is_full = sessions.len() >= limit && at < u8::MAX;
            if let Some(last) = sessions.last()
                && (more || is_full)
            {
                let next = Some(Cursor::new(last.id().as_bytes().to_vec()));
                return Ok(ScanPage { sessions, next });
            }
        }
        Ok(ScanPage {
            sessions,
            next: None,
        })
    }

    /// Adds the sessions of a stripe, placement by placement until there is no more room, and says
    /// whether more remain.
    fn scan_stripe(
        &self,
        at: u8,
        after: Option<SessionId>,
        room: usize,
        now: Timestamp,
        sessions: &mut Vec<Listed>,
    ) -> Result<bool> {
        let stripe = self.shared(at);
        let view = StripeView::new(&stripe);
        let mut ids: Vec<_> = stripe
            .slots
            .all_live()
            .filter(|record| !record.deadline().is_over(now))
            .map(|record| record.id())
            .filter(|id| after.is_none_or(|after| *id > after))
            .collect();
        let all = ids.len();
        if all > room {
            let (_, last, _) = ids.select_nth_unstable(room - 1);
            let last = last.placement();
            ids.retain(|id| id.placement() <= last);
        }
        let more = ids.len() < all;
        ids.sort_unstable();
        for id in ids {
            if let Some(entry) = view.entry(id)? {
                sessions.extend(semantics::listed(&view, id, &entry, now)?);
            }
        }
        Ok(more)
    }

    /// [`SessionStore::count`](cloakroom_core::SessionStore::count)
    pub(crate) fn count(&self, now: Timestamp) -> u64 {
        let live = |at| {
            let stripe = self.shared(at);
            let sessions = stripe.slots.all_live();
            sessions
                .filter(|record| !record.deadline().is_over(now))
                .count() as u64
        };
        (0..=u8::MAX).map(live).sum()
    }
}

fn id_of(cursor: &Cursor) -> Result<SessionId> {
    match cursor.as_bytes().try_into() {
        Ok(bytes) => Ok(SessionId::from_stored(bytes)),
        Err(_) => Err(Error::new(ErrorKind::CursorLost, Operation::Scan)),
    }
}
