//! Who runs against whom.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_moka::MokaStore;
use cloakroom_redis::{RedisStore, Server};
use cloakroom_sled::{Durability, SledStore};
use fred::interfaces::ClientLike as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::runtime::Runtime;
use tower_sessions_moka_store::MokaStore as TheirMokaStore;
use tower_sessions_redis_store::RedisStore as TheirRedisStore;

use crate::contestants::{Failure, LeapingClock, ShardedMap};
use crate::versus::Extent;
use crate::versus::contenders::actix_session::{self, ActixSession};
use crate::versus::contenders::async_session::{self, AsyncSession};
use crate::versus::contenders::limits::{MapGet, MokaGet};
use crate::versus::contenders::ours::{self, Ours};
use crate::versus::contenders::raw_redis::{self, RawRedis};
use crate::versus::contenders::raw_sled::{self, RawSled, RemoveAndFlush};
use crate::versus::contenders::tower_sessions::{self, Theirs};
use crate::versus::field::Standings;
use crate::versus::race::{Entrant, Shape};
use crate::versus::ratios::IN_FLIGHT;
use crate::versus::redis_server::RedisServer;
use crate::versus::scratch::Scratch;
use crate::versus::site::{Mixed, SignInAgain, Site, TypedLoad, TypedUpdate};
use crate::workload::Keys;

/// Operations in memory are so short that the latency of few of them is taken.
const IN_MEMORY: Shape = Shape {
    tasks: IN_FLIGHT,
    sample_every: 64,
};

const fn each_timed(tasks: usize) -> Shape {
    Shape {
        tasks,
        sample_every: 1,
    }
}

pub(super) fn memory(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
    standings: &mut Standings,
) -> Result<(), Failure> {
    let (ours, mut entrants) = runtime.block_on(async {
        let clock = LeapingClock::default();
        let ours = Ours::filled(MokaStore::new(), clock, extent.size, random).await?;
        let ours = Arc::new(ours);
        // Of sessions that others change between the laps, nearly every reading would be the first.
        let clock = LeapingClock::default();
        let at_rest = Ours::filled(MokaStore::new(), clock, extent.size, random).await?;
        let at_rest = Arc::new(at_rest.read().await?);
        let theirs = Theirs::filled(TheirMokaStore::new(None), extent.size, random).await?;
        let theirs = Arc::new(theirs);
        let peer = Arc::new(AsyncSession::filled(extent.size, random).await?);
        let map = MapGet {
            map: ShardedMap::filled(extent.size, StdRng::from_rng(random))?,
            keys: extent.keys(),
        };
        let raw = MokaGet::filled(extent.size, extent.keys(), random).await?;
        let mut entrants = vec![
            Entrant::new("moka.load", ours::Load(Arc::clone(&ours), extent.keys())),
            Entrant::new("sharded-map.get", map),
            Entrant::new("raw-moka.get", raw),
            Entrant::new(
                "async-session.load",
                async_session::Load(Arc::clone(&peer), extent.keys()),
            ),
            Entrant::new(
                "tower-sessions-moka.load",
                tower_sessions::Load(Arc::clone(&theirs), extent.keys()),
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
            typed_load("sessions.load-typed", &at_rest, extent),
            typed_load("async-session.load-typed", &peer, extent),
            typed_load("tower-sessions-moka.load-typed", &theirs, extent),
        ];
        if extent.whole {
            let clock = LeapingClock::default();
            let first = Ours::filled(MokaStore::new(), clock, extent.size, random).await?;
            let first = Arc::new(first.decoding_each_time()?);
            entrants.push(typed_load("sessions.first-load-typed", &first, extent));
            let sign_out = ours::SignOutOfStore(Arc::clone(&ours));
            entrants.push(Entrant::new("moka.sign-out", sign_out));
            entrants.extend(day(MEMORY_DAYS[0], &ours, extent)?);
            entrants.extend(day(MEMORY_DAYS[1], &peer, extent)?);
            entrants.extend(day(MEMORY_DAYS[2], &theirs, extent)?);
        }
        Ok::<_, Failure>((ours, entrants))
    })?;
    eprintln!("in memory: {} contenders are filled", entrants.len());
    standings.run(runtime, &mut entrants, IN_MEMORY, extent, random)?;
    runtime.block_on(ours.verify())
}

pub(super) fn sled(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
    standings: &mut Standings,
) -> Result<(), Failure> {
    let (store, uncached, raw, flushed) = (
        Scratch::new("sled")?,
        Scratch::new("uncached")?,
        Scratch::new("raw")?,
        Scratch::new("flush")?,
    );
    let (ours, mut entrants) = runtime.block_on(async {
        let lazy = Durability::Interval(Duration::from_millis(200));
        let opened = SledStore::builder(store.path())
            .durability(lazy)
            .without_sweeper();
        let ours =
            Ours::filled(opened.open()?, LeapingClock::default(), extent.size, random).await?;
        let ours = Arc::new(ours);
        let raw = RawSled::filled(raw.path(), extent.size, random)?;
        let mut entrants = vec![
            Entrant::new("sled.load", ours::Load(Arc::clone(&ours), extent.keys())),
            Entrant::new("raw-sled.get", raw_sled::Get(raw, extent.keys())),
            Entrant::new("sled.delete", ours::SignOutOfStore(Arc::clone(&ours))),
            Entrant::new(
                "flush-each",
                RemoveAndFlush::filled(flushed.path(), extent.size)?,
            ),
        ];
        if extent.whole {
            let opened = SledStore::builder(uncached.path())
                .durability(lazy)
                .without_sweeper()
                .session_cache_bytes(0);
            let uncached =
                Ours::filled(opened.open()?, LeapingClock::default(), extent.size, random).await?;
            entrants.push(Entrant::new(
                "sled.load-uncached",
                ours::Load(Arc::new(uncached), extent.keys()),
            ));
            entrants.push(Entrant::new("sled.update", ours::Save(Arc::clone(&ours))));
            entrants.push(Entrant::new(
                "sled.sign-in",
                ours::SignIn(Arc::clone(&ours)),
            ));
            entrants.extend(day(SLED_DAY, &ours, extent)?);
        }
        Ok::<_, Failure>((ours, entrants))
    })?;
    eprintln!("on sled: {} contenders are filled", entrants.len());
    let shape = each_timed(IN_FLIGHT);
    standings.run(runtime, &mut entrants, shape, extent, random)?;
    runtime.block_on(ours.verify())
}

pub(super) fn redis(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
    standings: &mut Standings,
) -> Result<(), Failure> {
    let server = runtime.block_on(RedisServer::start())?;
    let (url, process) = (server.url(), server.process());
    let (ours, mut entrants) = runtime.block_on(async {
        let store = RedisStore::builder(Server::standalone(&url))
            .timeout(Duration::from_secs(10))
            .connect()
            .await?;
        let ours = Ours::filled(store, LeapingClock::default(), extent.size, random).await?;
        let ours = Arc::new(ours.served_by(process));
        let pool = fred::clients::Pool::new(
            fred::types::config::Config::from_url(&url)?,
            None,
            None,
            None,
            // As its documentation shows.
            6,
        )?;
        let _connected = pool.init().await?;
        let theirs = Theirs::filled(TheirRedisStore::new(pool), extent.size, random).await?;
        let theirs = Arc::new(theirs.served_by(process));
        let raw = Arc::new(RawRedis::filled(&url, process, extent.size, random).await?);
        let mut entrants = vec![
            Entrant::new("redis.load", ours::Load(Arc::clone(&ours), extent.keys())),
            Entrant::new(
                "raw-redis.get",
                raw_redis::Get(Arc::clone(&raw), extent.keys()),
            ),
            Entrant::new(
                "tower-sessions-redis.load",
                tower_sessions::Load(Arc::clone(&theirs), extent.keys()),
            ),
            Entrant::new("redis.update", ours::Save(Arc::clone(&ours))),
            Entrant::new(
                "tower-sessions-redis.save",
                tower_sessions::Save(Arc::clone(&theirs)),
            ),
        ];
        if extent.whole {
            let actix = ActixSession::filled(&url, process, extent.size, random).await?;
            let actix = Arc::new(actix);
            let compare_and_set = raw_redis::CompareAndSet::new(&raw, extent.keys());
            let of_member = raw_redis::CompareAndSet::of_member(&raw, extent.keys());
            entrants.extend([
                Entrant::new("raw-redis.compare-and-set", compare_and_set),
                Entrant::new("raw-redis.compare-and-set-of-member", of_member),
                Entrant::new(
                    "actix-session-redis.load",
                    actix_session::Load(Arc::clone(&actix), extent.keys()),
                ),
                Entrant::new("redis.sign-in", ours::SignIn(Arc::clone(&ours))),
                Entrant::new("redis.sign-out", ours::SignOutOfStore(Arc::clone(&ours))),
            ]);
            entrants.extend(day(REDIS_DAYS[0], &ours, extent)?);
            entrants.extend(day(REDIS_DAYS[1], &theirs, extent)?);
            entrants.extend(day(REDIS_DAYS[2], &actix, extent)?);
        }
        Ok::<_, Failure>((ours, entrants))
    })?;
    eprintln!("on Redis: {} contenders are filled", entrants.len());
    standings.run(
        runtime,
        &mut entrants,
        each_timed(IN_FLIGHT),
        extent,
        random,
    )?;
    if extent.whole {
        let shape = each_timed(256);
        standings.run(runtime, &mut entrants, shape, extent, random)?;
    }
    runtime.block_on(ours.verify())
}

fn typed_load<S: Site>(name: &'static str, site: &Arc<S>, extent: Extent<'_>) -> Entrant {
    let site = Arc::clone(site);
    let keys = extent.keys();
    Entrant::new(name, TypedLoad { site, keys })
}

/// What a library's days are called: updates, signing in again, and mixed requests to all alike and by
/// Zipf's law.
type Days = [&'static str; 4];

const MEMORY_DAYS: [Days; 3] = [
    [
        "sessions.update-typed",
        "sessions.sign-in-again",
        "sessions.mixed",
        "sessions.mixed-zipf",
    ],
    [
        "async-session.update-typed",
        "async-session.sign-in-again",
        "async-session.mixed",
        "async-session.mixed-zipf",
    ],
    [
        "tower-sessions-moka.update-typed",
        "tower-sessions-moka.sign-in-again",
        "tower-sessions-moka.mixed",
        "tower-sessions-moka.mixed-zipf",
    ],
];

const SLED_DAY: Days = [
    "sled.update-typed",
    "sled.sign-in-again",
    "sled.mixed",
    "sled.mixed-zipf",
];

const REDIS_DAYS: [Days; 3] = [
    [
        "redis.update-typed",
        "redis.sign-in-again",
        "redis.mixed",
        "redis.mixed-zipf",
    ],
    [
        "tower-sessions-redis.update-typed",
        "tower-sessions-redis.sign-in-again",
        "tower-sessions-redis.mixed",
        "tower-sessions-redis.mixed-zipf",
    ],
    [
        "actix-session-redis.update-typed",
        "actix-session-redis.sign-in-again",
        "actix-session-redis.mixed",
        "actix-session-redis.mixed-zipf",
    ],
];

fn day<S: Site>(names: Days, site: &Arc<S>, extent: Extent<'_>) -> Result<[Entrant; 4], Failure> {
    let [update, again, mixed, by_zipf] = names;
    let site = || Arc::clone(site);
    let zipf = Keys::zipf(extent.size).ok_or("no such distribution")?;
    let keys = extent.keys();
    Ok([
        Entrant::new(update, TypedUpdate { site: site(), keys }),
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
