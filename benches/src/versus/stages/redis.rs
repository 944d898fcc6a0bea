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
use crate::versus::contenders::actix_session::ActixSession;
use crate::versus::contenders::ours::{self, Ours, OursAsMap};
use crate::versus::contenders::raw_redis::{self, RawRedis};
use crate::versus::contenders::tower_sessions::{self, Theirs};
use crate::versus::field::Field;
use crate::versus::keyed::Load;
use crate::versus::race::Entrant;
use crate::versus::ratios::MORE_TASKS;
use crate::versus::redis_server::RedisServer;
use crate::versus::scales::Scales;
use crate::versus::stages::parts::{day, loads, of_map, reading};

pub(super) fn typed(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<Field, Failure> {
    let server = runtime.block_on(RedisServer::start())?;
    let mut scales = Scales::default();
    let filled = fill(&server, extent, random, &mut scales);
    let (ours, entrants) = runtime.block_on(filled)?;
    let field = Field::new("On Redis", entrants).counting(ours);
    Ok(field.also_with(more(extent)).weighed(scales).on(server))
}

/// The same data, each field by its name.
pub(super) fn maps(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<Field, Failure> {
    let server = runtime.block_on(RedisServer::start())?;
    let mut scales = Scales::default();
    let filled = fill_maps(&server, extent, random, &mut scales);
    let field = Field::new("Maps on Redis", runtime.block_on(filled)?);
    Ok(field.also_with(more(extent)).weighed(scales).on(server))
}

fn more(extent: Extent<'_>) -> Option<usize> {
    extent.crowded.then_some(MORE_TASKS)
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
    let ours = store(&url).await?;
    let ours = Ours::filled(ours, LeapingClock::default(), size, random).await?;
    let ours = Arc::new(ours.served_by(process));
    scales.put("redis", size, dataset_bytes(&url).await?);
    let theirs = Theirs::filled(their_store(&url).await?, size, random).await?;
    let theirs = Arc::new(theirs.served_by(process));
    scales.put("tower-sessions-redis", size, dataset_bytes(&url).await?);
    let raw = Arc::new(RawRedis::filled(&url, process, size, random).await?);
    let store = Arc::clone(&raw);
    let mut entrants = loads("redis", &ours, extent)?;
    entrants.extend(loads("tower-sessions-redis", &theirs, extent)?);
    entrants.extend([
        Entrant::new("raw-redis.get", Load { store, keys }),
        Entrant::new("redis.update", ours::Save(Arc::clone(&ours))),
        Entrant::new(
            "tower-sessions-redis.save",
            tower_sessions::Save(Arc::clone(&theirs)),
        ),
    ]);
    if extent.whole {
        scales.empty(dataset_bytes(&url).await?);
        let actix = ActixSession::filled(&url, process, size, random).await?;
        let actix = Arc::new(actix);
        scales.put("actix-session-redis", size, dataset_bytes(&url).await?);
        let compare_and_set = raw_redis::CompareAndSet::new(&raw, keys);
        let of_member = raw_redis::CompareAndSet::of_member(&raw, keys);
        entrants.extend(loads("actix-session-redis", &actix, extent)?);
        entrants.extend([
            Entrant::new("raw-redis.compare-and-set", compare_and_set),
            Entrant::new("raw-redis.compare-and-set-of-member", of_member),
            Entrant::new("redis.sign-in", ours::SignIn(Arc::clone(&ours))),
            Entrant::new("redis.sign-out", ours::SignOutOfStore(Arc::clone(&ours))),
            reading("redis.load-typed", &ours, extent),
            reading("tower-sessions-redis.load-typed", &theirs, extent),
            reading("actix-session-redis.load-typed", &actix, extent),
        ]);
        entrants.extend(day("redis", &ours, extent)?);
        entrants.extend(day("tower-sessions-redis", &theirs, extent)?);
        entrants.extend(day("actix-session-redis", &actix, extent)?);
    }
    Ok((ours, entrants))
}

async fn fill_maps(
    server: &RedisServer,
    extent: Extent<'_>,
    random: &mut StdRng,
    scales: &mut Scales,
) -> Result<Vec<Entrant>, Failure> {
    let (url, process) = (server.url(), server.process());
    let size = extent.size;
    scales.empty(dataset_bytes(&url).await?);
    let ours = OursAsMap::filled(store(&url).await?, size, random).await?;
    scales.put("redis", size, dataset_bytes(&url).await?);
    let tower = Theirs::<_, Mapped>::filled(their_store(&url).await?, size, random).await?;
    scales.put("tower-sessions-redis", size, dataset_bytes(&url).await?);
    let actix = ActixSession::<Mapped>::filled(&url, process, size, random).await?;
    scales.put("actix-session-redis", size, dataset_bytes(&url).await?);
    let mut entrants = of_map("redis", ours.served_by(process), extent);
    let tower = tower.served_by(process);
    entrants.extend(of_map("tower-sessions-redis", tower, extent));
    entrants.extend(of_map("actix-session-redis", actix, extent));
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

async fn store(url: &str) -> Result<RedisStore, Failure> {
    let builder = RedisStore::builder(Server::standalone(url));
    Ok(builder.timeout(Duration::from_secs(10)).connect().await?)
}

async fn their_store(url: &str) -> Result<TheirRedisStore<fred::clients::Pool>, Failure> {
    let config = fred::types::config::Config::from_url(url)?;
    // As its documentation shows.
    let pool = fred::clients::Pool::new(config, None, None, None, 6)?;
    let _connected = pool.init().await?;
    Ok(TheirRedisStore::new(pool))
}
