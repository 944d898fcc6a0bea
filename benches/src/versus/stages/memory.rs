//! In memory. Ours runs in each of the races, so that each of the peers takes turns with it.

use std::sync::Arc;

use cloakroom_moka::MokaStore;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::runtime::Runtime;
use tower_sessions_core_014::SessionStore;
use tower_sessions_memory_store::MemoryStore as TheirMemoryStore;
use tower_sessions_moka_store::MokaStore as TheirMokaStore;

use crate::contestants::{Failure, LeapingClock, ShardedMap};
use crate::shape::Mapped;
use crate::versus::Extent;
use crate::versus::contenders::async_session::AsyncSession;
use crate::versus::contenders::limits::RawMoka;
use crate::versus::contenders::ours::{self, Ours, OursAsMap};
use crate::versus::contenders::pavex::Pavex;
use crate::versus::contenders::tower_sessions::{self, Theirs};
use crate::versus::field::Field;
use crate::versus::keyed::Load;
use crate::versus::race::Entrant;
use crate::versus::stages::parts::{changing, day, loads, of_map, reading};

/// Beside the limits, and the peers in which many read at once.
pub(super) fn typed(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<Field, Failure> {
    runtime.block_on(async {
        let ours = OursTwice::filled(extent.size, random).await?;
        let mut entrants = ours.entrants(extent)?;
        let theirs = Theirs::filled(TheirMokaStore::new(None), extent.size, random).await?;
        let peer = Arc::new(AsyncSession::filled(extent.size, random).await?);
        entrants.extend(limits(extent, random).await?);
        entrants.extend(tower_sessions("tower-sessions-moka", theirs, extent)?);
        entrants.extend(loads("async-session", &peer, extent)?);
        entrants.push(reading("async-session.load-typed", &peer, extent));
        if extent.whole {
            let sign_out = ours::SignOutOfStore(Arc::clone(&ours.changing));
            entrants.push(Entrant::new("moka.sign-out", sign_out));
            let first = Arc::new(ours.at_rest.decoding_each_time()?);
            entrants.push(reading("sessions.first-load-typed", &first, extent));
            entrants.extend(day("async-session", &peer, extent)?);
        }
        Ok(Field::new("In memory", entrants).counting(ours.changing))
    })
}

/// Beside the peers in which one at a time reads.
pub(super) fn typed_beside_one_at_a_time(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<Field, Failure> {
    runtime.block_on(async {
        let ours = OursTwice::filled(extent.size, random).await?;
        let mut entrants = ours.entrants(extent)?;
        let theirs = Theirs::filled(TheirMemoryStore::default(), extent.size, random).await?;
        entrants.extend(tower_sessions("tower-sessions-memory", theirs, extent)?);
        let pavex = Arc::new(Pavex::filled(extent.size, random).await?);
        entrants.extend(loads("pavex-memory", &pavex, extent)?);
        entrants.push(reading("pavex-memory.load-typed", &pavex, extent));
        entrants.extend(day("pavex-memory", &pavex, extent)?);
        let title = "In memory, beside those in which one at a time reads";
        Ok(Field::new(title, entrants).counting(ours.changing))
    })
}

/// The same data, each field by its name.
pub(super) fn maps(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<Field, Failure> {
    runtime.block_on(async {
        let mut entrants = ours_as_map(extent, random).await?;
        let peer = AsyncSession::<Mapped>::filled(extent.size, random).await?;
        entrants.extend(of_map("async-session", peer, extent));
        let theirs = TheirMokaStore::new(None);
        let theirs = Theirs::<_, Mapped>::filled(theirs, extent.size, random).await?;
        entrants.extend(of_map("tower-sessions-moka", theirs, extent));
        Ok(Field::new("Maps in memory", entrants))
    })
}

/// Them, beside the peers in which one at a time reads.
pub(super) fn maps_beside_one_at_a_time(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<Field, Failure> {
    runtime.block_on(async {
        let mut entrants = ours_as_map(extent, random).await?;
        let theirs = TheirMemoryStore::default();
        let theirs = Theirs::<_, Mapped>::filled(theirs, extent.size, random).await?;
        entrants.extend(of_map("tower-sessions-memory", theirs, extent));
        let pavex = Pavex::<Mapped>::filled(extent.size, random).await?;
        entrants.extend(of_map("pavex-memory", pavex, extent));
        let title = "Maps in memory, beside those in which one at a time reads";
        Ok(Field::new(title, entrants))
    })
}

/// Two stores of ours.
struct OursTwice {
    changing: Arc<Ours>,
    /// Of sessions that others change between the laps, nearly every reading would be the first.
    at_rest: Arc<Ours>,
}

impl OursTwice {
    async fn filled(size: usize, random: &mut StdRng) -> Result<Self, Failure> {
        let clock = LeapingClock::default();
        let changing = Ours::filled(MokaStore::new(), clock, size, random).await?;
        let clock = LeapingClock::default();
        let at_rest = Ours::filled(MokaStore::new(), clock, size, random).await?;
        Ok(Self {
            changing: Arc::new(changing),
            at_rest: Arc::new(at_rest.read().await?),
        })
    }

    /// What peers do too.
    fn entrants(&self, extent: Extent<'_>) -> Result<Vec<Entrant>, Failure> {
        let Self { changing, at_rest } = self;
        let mut entrants = loads("moka", changing, extent)?;
        entrants.extend([
            Entrant::new("moka.update", ours::Save(Arc::clone(changing))),
            Entrant::new("moka.sign-in", ours::SignIn(Arc::clone(changing))),
            reading("sessions.load-typed", at_rest, extent),
        ]);
        if extent.whole {
            entrants.extend(day("sessions", changing, extent)?);
        }
        Ok(entrants)
    }
}

/// Ours as a map.
async fn ours_as_map(extent: Extent<'_>, random: &mut StdRng) -> Result<Vec<Entrant>, Failure> {
    let ours = OursAsMap::filled(MokaStore::new(), extent.size, random).await?;
    let at_rest = OursAsMap::filled(MokaStore::new(), extent.size, random).await?;
    let at_rest = Arc::new(at_rest.read().await?);
    Ok(vec![
        reading("sessions.load-map", &at_rest, extent),
        changing("sessions.update-map", &Arc::new(ours), extent),
    ])
}

/// What a load takes at least.
async fn limits(extent: Extent<'_>, random: &mut StdRng) -> Result<[Entrant; 2], Failure> {
    let keys = extent.keys();
    let map = ShardedMap::filled(extent.size, StdRng::from_rng(random))?;
    let store = Arc::new(map);
    let map = Entrant::new("sharded-map.get", Load { store, keys });
    let store = Arc::new(RawMoka::filled(extent.size, random).await?);
    let moka = Entrant::new("raw-moka.get", Load { store, keys });
    Ok([map, moka])
}

/// A store of tower-sessions'.
fn tower_sessions<S: SessionStore>(
    who: &str,
    theirs: Theirs<S>,
    extent: Extent<'_>,
) -> Result<Vec<Entrant>, Failure> {
    let theirs = Arc::new(theirs);
    let mut entrants = loads(who, &theirs, extent)?;
    entrants.extend([
        Entrant::new(
            format!("{who}.save"),
            tower_sessions::Save(Arc::clone(&theirs)),
        ),
        Entrant::new(
            format!("{who}.create"),
            tower_sessions::Create(Arc::clone(&theirs)),
        ),
        reading(format!("{who}.load-typed"), &theirs, extent),
    ]);
    if extent.whole {
        entrants.extend(day(who, &theirs, extent)?);
    }
    Ok(entrants)
}
