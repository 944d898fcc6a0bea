//! On sled.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_sled::{Durability, SledStore, SledStoreBuilder};
use rand::rngs::StdRng;
use tokio::runtime::Runtime;

use crate::contestants::{Failure, LeapingClock};
use crate::versus::Extent;
use crate::versus::contenders::ours::{self, Ours, OursAsMap};
use crate::versus::contenders::plain_file::PlainFile;
use crate::versus::contenders::raw_sled::{self, RawSled, RemoveAndFlush};
use crate::versus::field::Standings;
use crate::versus::race::Entrant;
use crate::versus::ratios::IN_FLIGHT;
use crate::versus::scratch::Scratch;
use crate::versus::stages::day::{DayNames, day, use_of};
use crate::versus::stages::each_timed;

pub(in crate::versus) fn sled(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
    standings: &mut Standings,
) -> Result<(), Failure> {
    let disk = Scratch::new("sled")?;
    let (ours, mut entrants) = runtime.block_on(fill(disk.path(), extent, random))?;
    eprintln!("on sled: {} contenders are filled", entrants.len());
    let shape = each_timed(IN_FLIGHT);
    standings.run(runtime, &mut entrants, shape, extent, random)?;
    runtime.block_on(ours.verify())
}

async fn fill(
    disk: &Path,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<(Arc<Ours>, Vec<Entrant>), Failure> {
    let (size, keys) = (extent.size, extent.keys());
    let store = store(&disk.join("ours")).open()?;
    let ours = Ours::filled(store, LeapingClock::default(), size, random).await?;
    let ours = Arc::new(ours);
    let raw = RawSled::filled(&disk.join("raw"), size, random)?;
    let flushed = RemoveAndFlush::filled(&disk.join("flushed"), size)?;
    let mut entrants = vec![
        Entrant::new("sled.load", ours::Load(Arc::clone(&ours), keys)),
        Entrant::new("raw-sled.get", raw_sled::Get(raw, keys)),
        Entrant::new("sled.delete", ours::SignOutOfStore(Arc::clone(&ours))),
        Entrant::new("flush-each", flushed),
        Entrant::new("plain-file.append", PlainFile::create(disk)?),
    ];
    if extent.whole {
        entrants.extend([
            Entrant::new("sled.update", ours::Save(Arc::clone(&ours))),
            Entrant::new("sled.sign-in", ours::SignIn(Arc::clone(&ours))),
        ]);
        entrants.push(Entrant::new(
            "sled.load-zipf",
            ours::Load(Arc::clone(&ours), extent.zipf()?),
        ));
        entrants.extend(day(DAY, &ours, extent)?);
    }
    if extent.whole && extent.together {
        let opened = self::store(&disk.join("uncached")).session_cache_bytes(0);
        let uncached = Ours::filled(opened.open()?, LeapingClock::default(), size, random).await?;
        let uncached = ours::Load(Arc::new(uncached), keys);
        entrants.push(Entrant::new("sled.load-uncached", uncached));
        let as_map = self::store(&disk.join("map")).open()?;
        let as_map = OursAsMap::filled(as_map, size, random).await?;
        entrants.extend(use_of(["sled.load-map", "sled.update-map"], as_map, extent));
    }
    Ok((ours, entrants))
}

fn store(path: &Path) -> SledStoreBuilder {
    let lazy = Durability::Interval(Duration::from_millis(200));
    let builder = SledStore::builder(path).durability(lazy);
    builder.without_sweeper()
}

const DAY: DayNames = [
    "sled.update-typed",
    "sled.sign-in-again",
    "sled.mixed",
    "sled.mixed-zipf",
];
