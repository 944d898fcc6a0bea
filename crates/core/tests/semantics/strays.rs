//! A set that names a session of somebody else, however it came to that: by damage, or by another hand.

use std::sync::Arc;

use cloakroom_core::semantics::{Entry, begin, create, revoke, token_set};
use cloakroom_core::store::{Cap, Create, CreateOutcome, OnCap, Page, Revoke, RevokeKind};
use cloakroom_core::{Record, SessionId, Timeouts, Timestamp, WriteId};

use crate::script::{id, payload, subject};
use crate::support::MapShelf;

const NOW: Timestamp = Timestamp::from_millis(1_000);
const ADA: u8 = 0;
const GRACE: u8 = 1;

fn sign_in(shelf: &mut MapShelf, whose: u8, number: u8) -> CreateOutcome {
    let data = payload(b"data");
    let record = Record::signed_in(id(number), subject(whose), NOW, Timeouts::default(), data);
    let request = Create {
        record: Arc::new(record),
        cap: Cap::new(2, OnCap::Refuse).expect("a cap"),
        generation: None,
        replaces: None,
        over: None,
    };
    create(shelf, &request, NOW).expect("the shelf works")
}

/// Ada's set holds her session 1, and Grace's session 2.
fn astray() -> MapShelf {
    let mut shelf = MapShelf::default();
    for (whose, number) in [(ADA, 1), (GRACE, 2)] {
        let _ = begin(&mut shelf, &subject(whose), NOW, NOW).expect("the shelf works");
        let created = sign_in(&mut shelf, whose, number);
        assert!(matches!(created, CreateOutcome::Created { .. }));
    }
    shelf.members.entry(subject(ADA)).or_default().insert(id(2));
    shelf
}

fn has(shelf: &MapShelf, whose: u8, number: u8) -> bool {
    let set = shelf.members.get(&subject(whose));
    set.is_some_and(|set| set.contains(&id(number)))
}

fn grace_is_signed_in(shelf: &MapShelf) -> bool {
    matches!(shelf.entries.get(&id(2)), Some(Entry::Live(_))) && has(shelf, GRACE, 2)
}

/// What goes where Ada revokes: never what is Grace's.
fn ended_by(kind: RevokeKind, shelf: &mut MapShelf) -> Vec<SessionId> {
    let request = Revoke {
        subject: subject(ADA),
        kind,
        write_id: WriteId::random(),
    };
    let revoked = revoke(shelf, &request, NOW).expect("the shelf works");
    assert!(grace_is_signed_in(shelf), "{kind:?}");
    revoked.ended
}

#[test]
fn it_is_not_shown() {
    let page = Page {
        after: None,
        limit: 10,
    };
    let listed = token_set(&astray(), &subject(ADA), &page, NOW).expect("the shelf works");
    let ids: Vec<_> = listed.sessions.iter().map(|listed| listed.id()).collect();
    assert_eq!(ids, [id(1)]);
}

#[test]
fn it_is_not_ended() {
    for (kind, ended) in [
        (RevokeKind::All, &[id(1)][..]),
        (RevokeKind::AllExcept(id(1)), &[]),
        (RevokeKind::AllExcept(id(2)), &[id(1)]),
    ] {
        let mut shelf = astray();
        assert_eq!(ended_by(kind, &mut shelf), ended, "{kind:?}");
        assert!(!has(&shelf, ADA, 2), "{kind:?} leaves the set in order");
    }
    let one = RevokeKind::One(id(2));
    assert_eq!(ended_by(one, &mut astray()), []);
}

#[test]
fn it_takes_no_place() {
    let mut shelf = astray();
    let created = sign_in(&mut shelf, ADA, 3);
    assert!(matches!(created, CreateOutcome::Created { .. }));
    assert_eq!(sign_in(&mut shelf, ADA, 4), CreateOutcome::CapReached);
    assert!(grace_is_signed_in(&shelf));
}
