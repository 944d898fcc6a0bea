//! What every library does at its handle, under the names that the report knows.

use std::sync::Arc;

use crate::contestants::Failure;
use crate::versus::Extent;
use crate::versus::race::Entrant;
use crate::versus::site::{Changing, Entrance, Mixed, Reading, SignInAgain, Site};

/// Changes, signing in again, and mixed requests to all alike and by Zipf's law.
pub(super) type DayNames = [&'static str; 4];

pub(super) fn day<S: Entrance>(
    names: DayNames,
    site: &Arc<S>,
    extent: Extent<'_>,
) -> Result<[Entrant; 4], Failure> {
    let [update, again, mixed, by_zipf] = names;
    let site = || Arc::clone(site);
    let (keys, zipf) = (extent.keys(), extent.zipf()?);
    Ok([
        Entrant::new(update, Changing { site: site(), keys }),
        Entrant::new(again, SignInAgain { site: site() }),
        Entrant::new(mixed, Mixed { site: site(), keys }),
        Entrant::new(
            by_zipf,
            Mixed {
                site: site(),
                keys: zipf,
            },
        ),
    ])
}

pub(super) fn reading<S: Site>(name: &'static str, site: &Arc<S>, extent: Extent<'_>) -> Entrant {
    let site = Arc::clone(site);
    let keys = extent.keys();
    Entrant::new(name, Reading { site, keys })
}

pub(super) fn changing<S: Site>(name: &'static str, site: &Arc<S>, extent: Extent<'_>) -> Entrant {
    let site = Arc::clone(site);
    let keys = extent.keys();
    Entrant::new(name, Changing { site, keys })
}

/// Both.
pub(super) fn use_of<S: Site>(
    names: [&'static str; 2],
    site: S,
    extent: Extent<'_>,
) -> [Entrant; 2] {
    let [load, update] = names;
    let site = Arc::new(site);
    [
        reading(load, &site, extent),
        changing(update, &site, extent),
    ]
}
