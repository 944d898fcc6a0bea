//! Faults of `purge_expired`.

use cloakroom_core::semantics::{self, Entry, Shelf};
use cloakroom_core::{Operation, Result, Timestamp};

use super::{BrokenStore, Fault};
use crate::reference::Due;
use crate::suite::times::days;

pub(super) async fn purge(store: &BrokenStore, limit: usize, now: Timestamp) -> Result<usize> {
    match store.fault {
        Fault::PurgesNothing => Ok(0),
        Fault::PurgesWithoutLimit => sweep(store, usize::MAX, now),
        Fault::PurgesWithoutEnd => Ok(sweep(store, limit, now)?.max(limit)),
        Fault::PurgesADayEarly => sweep(store, limit, now.plus(days(1))),
        Fault::PurgesNewerVersions => {
            let mut maps = store.sound.maps();
            let ids: Vec<_> = maps.records.keys().copied().collect();
            for id in ids {
                if let Some(Entry::NewerVersion) = maps.entry(id)? {
                    maps.remove_entry(id);
                }
            }
            drop(maps);
            sweep(store, limit, now)
        }
        _ => sweep(store, limit, now),
    }
}

/// As the sound store does it, through the fault.
fn sweep(store: &BrokenStore, limit: usize, now: Timestamp) -> Result<usize> {
    let mut shelf = store.shelf(Operation::PurgeExpired, now);
    let mut went = 0;
    while went < limit && shelf.maps.due.first().is_some_and(|(at, _)| *at <= now) {
        went += usize::from(match shelf.maps.due.pop_first() {
            Some((_, Due::Entry(id))) => semantics::purge_entry(&mut shelf, id, now)?,
            Some((_, Due::Set(of))) => semantics::purge_set(&mut shelf, &of, now)?,
            None => break,
        });
    }
    Ok(went)
}
