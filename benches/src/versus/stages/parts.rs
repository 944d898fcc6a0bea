//! What contenders do, under the names that the report knows.

use std::sync::Arc;

use crate::contestants::Failure;
use crate::versus::Extent;
use crate::versus::keyed::{Keyed, Load};
use crate::versus::race::Entrant;
use crate::versus::site::{Entrance, Mixed, SignInAgain, Site, Use, Using};

/// Loads from a store: of all sessions alike, and in a whole run by Zipf's law.
pub(super) fn loads<S: Keyed>(
    who: &str,
    store: &Arc<S>,
    extent: Extent<'_>,
) -> Result<Vec<Entrant>, Failure> {
    let load = |name: &str, keys| {
        let store = Arc::clone(store);
        Entrant::new(format!("{who}.{name}"), Load { store, keys })
    };
    let mut entrants = vec![load("load", extent.keys())];
    if extent.whole {
        entrants.push(load("load-zipf", extent.zipf()?));
    }
    Ok(entrants)
}

/// The day of a web service: changes, signing in again, and mixed requests, to all alike and by Zipf's law.
pub(super) fn day<S: Entrance>(
    who: &str,
    site: &Arc<S>,
    extent: Extent<'_>,
) -> Result<Vec<Entrant>, Failure> {
    let again = SignInAgain {
        site: Arc::clone(site),
    };
    let mixed = |name: &str, keys| {
        let site = Arc::clone(site);
        Entrant::new(format!("{who}.{name}"), Mixed { site, keys })
    };
    Ok(vec![
        changing(format!("{who}.update-typed"), site, extent),
        Entrant::new(format!("{who}.sign-in-again"), again),
        mixed("mixed", extent.keys()),
        mixed("mixed-zipf", extent.zipf()?),
    ])
}

/// The use of data in a map.
pub(super) fn of_map<S: Site>(who: &str, site: S, extent: Extent<'_>) -> Vec<Entrant> {
    let site = Arc::new(site);
    vec![
        reading(format!("{who}.load-map"), &site, extent),
        changing(format!("{who}.update-map"), &site, extent),
    ]
}

pub(super) fn reading<S: Site>(
    name: impl Into<String>,
    site: &Arc<S>,
    extent: Extent<'_>,
) -> Entrant {
    using(name, site, Use::Read, extent)
}

pub(super) fn changing<S: Site>(
    name: impl Into<String>,
    site: &Arc<S>,
    extent: Extent<'_>,
) -> Entrant {
    using(name, site, Use::Change, extent)
}

fn using<S: Site>(
    name: impl Into<String>,
    site: &Arc<S>,
    does: Use,
    extent: Extent<'_>,
) -> Entrant {
    let (site, keys) = (Arc::clone(site), extent.keys());
    Entrant::new(name, Using { site, keys, does })
}
