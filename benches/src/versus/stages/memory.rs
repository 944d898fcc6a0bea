//! In memory.

use std::sync::Arc;

use cloakroom_moka::MokaStore;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::runtime::Runtime;
use tower_sessions_memory_store::MemoryStore as TheirMemoryStore;
use tower_sessions_moka_store::MokaStore as TheirMokaStore;

use crate::contestants::{Failure, LeapingClock, ShardedMap};
use crate::shape::Mapped;
use crate::versus::Extent;
use crate::versus::contenders::async_session::{self, AsyncSession};
use crate::versus::contenders::limits::{MapGet, MokaGet};
use crate::versus::contenders::ours::{self, Ours, OursAsMap};
use crate::versus::contenders::pavex::{self, Pavex};
use crate::versus::contenders::tower_sessions::{self, Theirs};
use crate::versus::field::Standings;
use crate::versus::race::{Entrant, Shape};
use crate::versus::ratios::IN_FLIGHT;
use crate::versus::stages::day::{DayNames, changing, day, reading, use_of};

/// Operations in memory are so short that the latency of few of them is taken.
const IN_MEMORY: Shape = Shape {
    tasks: IN_FLIGHT,
    sample_every: 64,
};

pub(in crate::versus) fn memory(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
    standings: &mut Standings,
) -> Result<(), Failure> {
    let mut race = |mut entrants: Vec<Entrant>, random: &mut StdRng| {
        eprintln!("in memory: {} contenders are filled", entrants.len());
        standings.run(runtime, &mut entrants, IN_MEMORY, extent, random)
    };
    let (ours, entrants) = runtime.block_on(together(extent, random))?;
    race(entrants, random)?;
    runtime.block_on(ours.verify())?;
    drop(ours);
    if extent.whole && !extent.together {
        let entrants = runtime.block_on(one_at_a_time(extent, random))?;
        race(entrants, random)?;
        let entrants = runtime.block_on(as_maps(extent, random))?;
        race(entrants, random)?;
    }
    Ok(())
}

/// Ours whose sessions change, and all who find room beside it.
pub(in crate::versus) async fn together(
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<(Arc<Ours>, Vec<Entrant>), Failure> {
    let (ours, mut entrants) = fill(extent, random).await?;
    if extent.whole && extent.together {
        entrants.extend(one_at_a_time(extent, random).await?);
        entrants.extend(as_maps(extent, random).await?);
    }
    Ok((ours, entrants))
}

async fn fill(
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<(Arc<Ours>, Vec<Entrant>), Failure> {
    let (size, keys) = (extent.size, extent.keys());
    let clock = LeapingClock::default();
    let ours = Arc::new(Ours::filled(MokaStore::new(), clock, size, random).await?);
    // Of sessions that others change between the laps, nearly every reading would be the first.
    let clock = LeapingClock::default();
    let at_rest = Ours::filled(MokaStore::new(), clock, size, random).await?;
    let at_rest = Arc::new(at_rest.read().await?);
    let theirs = Theirs::filled(TheirMokaStore::new(None), size, random).await?;
    let theirs = Arc::new(theirs);
    let peer = Arc::new(AsyncSession::filled(size, random).await?);
    let map = MapGet {
        map: ShardedMap::filled(size, StdRng::from_rng(random))?,
        keys,
    };
    let raw = MokaGet::filled(size, keys, random).await?;
    let mut entrants = vec![
        Entrant::new("moka.load", ours::Load(Arc::clone(&ours), keys)),
        Entrant::new("sharded-map.get", map),
        Entrant::new("raw-moka.get", raw),
        Entrant::new(
            "async-session.load",
            async_session::Load(Arc::clone(&peer), keys),
        ),
        Entrant::new(
            "tower-sessions-moka.load",
            tower_sessions::Load(Arc::clone(&theirs), keys),
        ),
        Entrant::new("moka.update", ours::Save(Arc::clone(&ours))),
        Entrant::new(
            "tower-sessions-moka.save",
            tower_sessions::Save(Arc::clone(&theirs)),
        ),
        Entrant::new("moka.sign-in", ours::SignIn(Arc::clone(&ours))),
        Entrant::new(
            "tower-sessions-moka.create",
            tower_sessions::Create(Arc::clone(&theirs)),
        ),
        reading("sessions.load-typed", &at_rest, extent),
        reading("async-session.load-typed", &peer, extent),
        reading("tower-sessions-moka.load-typed", &theirs, extent),
    ];
    if extent.whole {
        let first = Arc::new(at_rest.decoding_each_time()?);
        entrants.push(reading("sessions.first-load-typed", &first, extent));
        let sign_out = ours::SignOutOfStore(Arc::clone(&ours));
        entrants.push(Entrant::new("moka.sign-out", sign_out));
        entrants.extend(day(OURS, &ours, extent)?);
        entrants.extend(day(ASYNC_SESSION, &peer, extent)?);
        entrants.extend(day(TOWER_SESSIONS_MOKA, &theirs, extent)?);
        let zipf = extent.zipf()?;
        entrants.extend([
            Entrant::new("moka.load-zipf", ours::Load(Arc::clone(&ours), zipf)),
            Entrant::new("async-session.load-zipf", async_session::Load(peer, zipf)),
            Entrant::new(
                "tower-sessions-moka.load-zipf",
                tower_sessions::Load(theirs, zipf),
            ),
        ]);
    }
    Ok((ours, entrants))
}

/// The peers in which one at a time reads.
async fn one_at_a_time(extent: Extent<'_>, random: &mut StdRng) -> Result<Vec<Entrant>, Failure> {
    let (size, keys, zipf) = (extent.size, extent.keys(), extent.zipf()?);
    let tower = Theirs::filled(TheirMemoryStore::default(), size, random).await?;
    let tower = Arc::new(tower);
    let pavex = Arc::new(Pavex::filled(size, random).await?);
    let mut entrants = vec![
        Entrant::new(
            "tower-sessions-memory.load",
            tower_sessions::Load(Arc::clone(&tower), keys),
        ),
        Entrant::new(
            "tower-sessions-memory.save",
            tower_sessions::Save(Arc::clone(&tower)),
        ),
        Entrant::new(
            "tower-sessions-memory.create",
            tower_sessions::Create(Arc::clone(&tower)),
        ),
        reading("tower-sessions-memory.load-typed", &tower, extent),
        Entrant::new("pavex-memory.load", pavex::Load(Arc::clone(&pavex), keys)),
        Entrant::new(
            "pavex-memory.load-zipf",
            pavex::Load(Arc::clone(&pavex), zipf),
        ),
        Entrant::new(
            "tower-sessions-memory.load-zipf",
            tower_sessions::Load(Arc::clone(&tower), zipf),
        ),
        reading("pavex-memory.load-typed", &pavex, extent),
    ];
    entrants.extend(day(TOWER_SESSIONS_MEMORY, &tower, extent)?);
    entrants.extend(day(PAVEX, &pavex, extent)?);
    Ok(entrants)
}

/// The same data, each field by its name.
async fn as_maps(extent: Extent<'_>, random: &mut StdRng) -> Result<Vec<Entrant>, Failure> {
    let size = extent.size;
    let ours = OursAsMap::filled(MokaStore::new(), size, random).await?;
    let at_rest = OursAsMap::filled(MokaStore::new(), size, random).await?;
    let at_rest = Arc::new(at_rest.read().await?);
    let peer = AsyncSession::<Mapped>::filled(size, random).await?;
    let moka = Theirs::<_, Mapped>::filled(TheirMokaStore::new(None), size, random).await?;
    let mut entrants = vec![
        reading("sessions.load-map", &at_rest, extent),
        changing("sessions.update-map", &Arc::new(ours), extent),
    ];
    entrants.extend(use_of(
        ["async-session.load-map", "async-session.update-map"],
        peer,
        extent,
    ));
    entrants.extend(use_of(
        [
            "tower-sessions-moka.load-map",
            "tower-sessions-moka.update-map",
        ],
        moka,
        extent,
    ));
    if !extent.together {
        return Ok(entrants);
    }
    let memory = Theirs::<_, Mapped>::filled(TheirMemoryStore::default(), size, random).await?;
    let pavex = Pavex::<Mapped>::filled(size, random).await?;
    entrants.extend(use_of(
        [
            "tower-sessions-memory.load-map",
            "tower-sessions-memory.update-map",
        ],
        memory,
        extent,
    ));
    entrants.extend(use_of(
        ["pavex-memory.load-map", "pavex-memory.update-map"],
        pavex,
        extent,
    ));
    Ok(entrants)
}

const OURS: DayNames = [
    "sessions.update-typed",
    "sessions.sign-in-again",
    "sessions.mixed",
    "sessions.mixed-zipf",
];

const ASYNC_SESSION: DayNames = [
    "async-session.update-typed",
    "async-session.sign-in-again",
    "async-session.mixed",
    "async-session.mixed-zipf",
];

const TOWER_SESSIONS_MOKA: DayNames = [
    "tower-sessions-moka.update-typed",
    "tower-sessions-moka.sign-in-again",
    "tower-sessions-moka.mixed",
    "tower-sessions-moka.mixed-zipf",
];

const TOWER_SESSIONS_MEMORY: DayNames = [
    "tower-sessions-memory.update-typed",
    "tower-sessions-memory.sign-in-again",
    "tower-sessions-memory.mixed",
    "tower-sessions-memory.mixed-zipf",
];

const PAVEX: DayNames = [
    "pavex-memory.update-typed",
    "pavex-memory.sign-in-again",
    "pavex-memory.mixed",
    "pavex-memory.mixed-zipf",
];
