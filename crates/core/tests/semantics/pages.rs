//! Where the pages of a listing end, and when a token set goes.

use std::time::Duration;

use bytes::Bytes;
use cloakroom_core::semantics::{self, Entry};
use cloakroom_core::store::{Cursor, Delete, EndReason, Page};
use cloakroom_core::{Payload, Record, Result, SessionId, Subject, Timeouts, Timestamp, WriteId};

use crate::support::MapShelf;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn ada() -> Subject {
    #[expect(clippy::unwrap_used, reason = "it is a subject")]
    Subject::new("ada").unwrap()
}

/// An id in a placement.
fn id(placement: u8, number: u8) -> SessionId {
    let mut bytes = [number; SessionId::LEN];
    bytes[..2].copy_from_slice(&[0, placement]);
    SessionId::from_stored(bytes)
}

fn session(id: SessionId) -> Entry {
    let payload = Payload {
        codec: 1,
        bytes: Bytes::from_static(b"{}"),
    };
    Entry::Live(Record::signed_in(id, ada(), NOW, Timeouts::default(), payload).into())
}

/// Sessions of one subject, and its set.
fn shelf(ids: &[SessionId]) -> MapShelf {
    let mut shelf = MapShelf::default();
    assert!(semantics::begin(&mut shelf, &ada(), NOW, NOW).is_ok());
    for id in ids {
        shelf.entries.insert(*id, session(*id));
        shelf.members.entry(ada()).or_default().insert(*id);
    }
    shelf
}

/// How many sessions are on each page, to the last.
fn page_lengths(
    limit: usize,
    list: impl Fn(&Page) -> Result<(usize, Option<Cursor>)>,
) -> Vec<usize> {
    let mut after = None;
    let mut lengths = Vec::new();
    loop {
        let Ok((length, next)) = list(&Page { after, limit }) else {
            panic!("nothing is damaged");
        };
        lengths.push(length);
        if next.is_none() {
            return lengths;
        }
        after = next;
    }
}

#[test]
fn a_page_of_a_token_set_is_full_where_more_follow_and_the_last_leads_nowhere() {
    for (sessions, limit, lengths) in [
        (5, 2, &[2, 2, 1][..]),
        (4, 2, &[2, 2]),
        (3, 3, &[3]),
        (3, 9, &[3]),
        (0, 2, &[0]),
    ] {
        let ids: Vec<_> = (1..=sessions).map(|number| id(0, number)).collect();
        let shelf = shelf(&ids);
        let seen = page_lengths(limit, |page| {
            let page = semantics::token_set(&shelf, &ada(), page, NOW)?;
            Ok((page.sessions.len(), page.next))
        });
        assert_eq!(seen, lengths, "{sessions} by {limit}");
    }
}

/// Else a session that is renewed between two pages, within its placement, could be on none of them.
#[test]
fn a_page_of_a_scan_ends_where_a_placement_does() {
    let ids = [id(1, 1), id(1, 2), id(1, 3), id(2, 4), id(3, 5), id(3, 6)];
    let shelf = shelf(&ids);
    for (limit, lengths) in [
        (1, &[3, 1, 2][..]),
        (3, &[3, 3]),
        (4, &[4, 2]),
        (5, &[6]),
        (9, &[6]),
    ] {
        let from = |bound| {
            let ids = shelf.entries.range((bound, std::ops::Bound::Unbounded));
            ids.map(|(id, _)| *id)
        };
        let seen = page_lengths(limit, |page| {
            let page = semantics::scan(&shelf, from, page, NOW)?;
            Ok((page.sessions.len(), page.next))
        });
        assert_eq!(seen, lengths, "by {limit}");
    }
}

#[test]
fn a_set_without_members_goes_with_a_session_that_it_does_not_hold() {
    let mut shelf = shelf(&[id(0, 1)]);
    shelf.members.clear();
    let later = NOW.plus(Duration::from_secs(30 * 86_400));
    let purged = semantics::purge_entry(&mut shelf, id(0, 1), later);
    assert!(purged.is_ok_and(|went| went));
    assert!(shelf.heads.is_empty());
}

#[test]
fn a_set_goes_with_its_last_member_once_no_sign_in_needs_it() {
    let later = NOW.plus(Duration::from_secs(60));
    for (members, kept_until, goes) in [(1, NOW, true), (1, later, false), (2, NOW, false)] {
        let ids: Vec<_> = (1..=members).map(|number| id(0, number)).collect();
        let mut shelf = shelf(&ids);
        for head in shelf.heads.values_mut() {
            head.kept_until = kept_until;
        }
        let delete = Delete {
            id: ids[0],
            subject: Some(ada()),
            expected: None,
            reason: EndReason::Ended,
            write_id: WriteId::random(),
        };
        assert!(semantics::delete(&mut shelf, &delete, NOW).is_ok());
        assert_eq!(shelf.heads.is_empty(), goes, "of {members}, {kept_until:?}");
        let left = shelf.members.get(&ada()).map_or(0, |set| set.len());
        assert_eq!(left, usize::from(members) - 1);
    }
}
