//! On Redis.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_redis::{RedisStore, Server};
use fred::interfaces::ClientLike as _;
use rand::rngs::StdRng;
use tokio::runtime::Runtime;
use tower_sessions_redis_store::RedisStore as TheirRedisStore;

use crate::contestants::{Failure, LeapingClock};
use crate::shape::Mapped;
use crate::versus::Extent;
use crate::versus::contenders::actix_session::{self, ActixSession};
use crate::versus::contenders::ours::{self, Ours, OursAsMap};
use crate::versus::contenders::raw_redis::{self, RawRedis};
use crate::versus::contenders::tower_sessions::{self, Theirs};
use crate::versus::field::{Scales, Standings};
use crate::versus::race::Entrant;
use crate::versus::ratios::IN_FLIGHT;
use crate::versus::redis_server::RedisServer;
use crate::versus::stages::day::{DayNames, day, use_of};
use crate::versus::stages::each_timed;

/// What the full run looks at too.
const MORE_IN_FLIGHT: usize = 256;

pub(in crate::versus) fn redis(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
    standings: &mut Standings,
) -> Result<(), Failure> {
    let server = runtime.block_on(RedisServer::start())?;
    let mut scales = Scales::default();
    let filled = fill(&server, extent, random, &mut scales);
    let (ours, mut entrants) = runtime.block_on(filled)?;
    standings.weigh(scales);
    eprintln!("on Redis: {} contenders are filled", entrants.len());
    let shape = each_timed(IN_FLIGHT);
    standings.run(runtime, &mut entrants, shape, extent, random)?;
    if extent.crowded {
        let shape = each_timed(MORE_IN_FLIGHT);
        standings.run(runtime, &mut entrants, shape, extent, random)?;
    }
    runtime.block_on(ours.verify())
}

async fn fill(
    server: &RedisServer,
    extent: Extent<'_>,
    random: &mut StdRng,
    scales: &mut Scales,
) -> Result<(Arc<Ours>, Vec<Entrant>), Failure> {
    let (url, process) = (server.url(), server.process());
    let (size, keys) = (extent.size, extent.keys());
    scales.empty(dataset_bytes(&url).await?);
    let ours = Ours::filled(
        store(&url, "cloakroom").await?,
        LeapingClock::default(),
        size,
        random,
    )
    .await?;
    let ours = Arc::new(ours.served_by(process));
    scales.put("redis", size, dataset_bytes(&url).await?);
    let theirs = Theirs::filled(their_store(&url).await?, size, random).await?;
    let theirs = Arc::new(theirs.served_by(process));
    scales.put("tower-sessions-redis", size, dataset_bytes(&url).await?);
    let raw = Arc::new(RawRedis::filled(&url, process, size, random).await?);
    let mut entrants = vec![
        Entrant::new("redis.load", ours::Load(Arc::clone(&ours), keys)),
        Entrant::new("raw-redis.get", raw_redis::Get(Arc::clone(&raw), keys)),
        Entrant::new(
            "tower-sessions-redis.load",
            tower_sessions::Load(Arc::clone(&theirs), keys),
        ),
        Entrant::new("redis.update", ours::Save(Arc::clone(&ours))),
        Entrant::new(
            "tower-sessions-redis.save",
            tower_sessions::Save(Arc::clone(&theirs)),
        ),
    ];
    if extent.whole {
        scales.empty(dataset_bytes(&url).await?);
        let actix = ActixSession::filled(&url, process, size, random).await?;
        let actix = Arc::new(actix);
        scales.put("actix-session-redis", size, dataset_bytes(&url).await?);
        let compare_and_set = raw_redis::CompareAndSet::new(&raw, keys);
        let of_member = raw_redis::CompareAndSet::of_member(&raw, keys);
        entrants.extend([
            Entrant::new("raw-redis.compare-and-set", compare_and_set),
            Entrant::new("raw-redis.compare-and-set-of-member", of_member),
            Entrant::new(
                "actix-session-redis.load",
                actix_session::Load(Arc::clone(&actix), keys),
            ),
            Entrant::new("redis.sign-in", ours::SignIn(Arc::clone(&ours))),
            Entrant::new("redis.sign-out", ours::SignOutOfStore(Arc::clone(&ours))),
        ]);
        entrants.extend(day(OURS, &ours, extent)?);
        entrants.extend(day(TOWER_SESSIONS, &theirs, extent)?);
        entrants.extend(day(ACTIX_SESSION, &actix, extent)?);
        let zipf = extent.zipf()?;
        entrants.extend([
            Entrant::new("redis.load-zipf", ours::Load(Arc::clone(&ours), zipf)),
            Entrant::new(
                "tower-sessions-redis.load-zipf",
                tower_sessions::Load(theirs, zipf),
            ),
            Entrant::new(
                "actix-session-redis.load-zipf",
                actix_session::Load(actix, zipf),
            ),
        ]);
    }
    if extent.whole && extent.together {
        entrants.extend(as_maps(server, extent, random).await?);
    }
    Ok((ours, entrants))
}

/// The same data, each field by its name.
async fn as_maps(
    server: &RedisServer,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<Vec<Entrant>, Failure> {
    let (url, process) = (server.url(), server.process());
    let size = extent.size;
    let ours = OursAsMap::filled(store(&url, "cloak-map").await?, size, random).await?;
    let tower = Theirs::<_, Mapped>::filled(their_store(&url).await?, size, random).await?;
    let actix = ActixSession::<Mapped>::filled(&url, process, size, random).await?;
    let mut entrants = Vec::new();
    entrants.extend(use_of(
        ["redis.load-map", "redis.update-map"],
        ours.served_by(process),
        extent,
    ));
    entrants.extend(use_of(
        [
            "tower-sessions-redis.load-map",
            "tower-sessions-redis.update-map",
        ],
        tower.served_by(process),
        extent,
    ));
    entrants.extend(use_of(
        [
            "actix-session-redis.load-map",
            "actix-session-redis.update-map",
        ],
        actix,
        extent,
    ));
    Ok(entrants)
}

/// How many bytes the keys and values take, without the tables that find them, which grow by doubling.
async fn dataset_bytes(url: &str) -> Result<u64, Failure> {
    let client = redis::Client::open(url)?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let told: redis::InfoDict = redis::cmd("INFO").query_async(&mut connection).await?;
    let bytes = told.get("used_memory_dataset");
    Ok(bytes.ok_or("no used_memory_dataset in INFO")?)
}

/// Whether there is a server to be started, and what it says of its version.
pub(crate) fn check_server() -> Result<String, Failure> {
    let said = Command::new("redis-server").arg("--version").output();
    let said = said.map_err(|error| format!("redis-server is not there, install it: {error}"))?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// The users are the same in each, so that each has keys of its own, all of one length.
async fn store(url: &str, prefix: &str) -> Result<RedisStore, Failure> {
    let builder = RedisStore::builder(Server::standalone(url)).prefix(prefix);
    Ok(builder.timeout(Duration::from_secs(10)).connect().await?)
}

async fn their_store(url: &str) -> Result<TheirRedisStore<fred::clients::Pool>, Failure> {
    let config = fred::types::config::Config::from_url(url)?;
    // As its documentation shows.
    let pool = fred::clients::Pool::new(config, None, None, None, 6)?;
    let _connected = pool.init().await?;
    Ok(TheirRedisStore::new(pool))
}

const OURS: DayNames = [
    "redis.update-typed",
    "redis.sign-in-again",
    "redis.mixed",
    "redis.mixed-zipf",
];

const TOWER_SESSIONS: DayNames = [
    "tower-sessions-redis.update-typed",
    "tower-sessions-redis.sign-in-again",
    "tower-sessions-redis.mixed",
    "tower-sessions-redis.mixed-zipf",
];

const ACTIX_SESSION: DayNames = [
    "actix-session-redis.update-typed",
    "actix-session-redis.sign-in-again",
    "actix-session-redis.mixed",
    "actix-session-redis.mixed-zipf",
];
