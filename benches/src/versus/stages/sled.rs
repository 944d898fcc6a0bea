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
use crate::versus::contenders::raw_sled::{CACHE_BYTES, RawSled, RemoveAndFlush};
use crate::versus::field::Field;
use crate::versus::keyed::Load;
use crate::versus::race::Entrant;
use crate::versus::scratch::Scratch;
use crate::versus::stages::parts::{day, loads, of_map, reading};

pub(super) fn typed(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<Field, Failure> {
    let disk = Scratch::new("sled")?;
    let (ours, entrants) = runtime.block_on(fill(disk.path(), extent, random))?;
    Ok(Field::new("On sled", entrants).counting(ours).on(disk))
}

/// The same data, each field by its name.
pub(super) fn maps(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<Field, Failure> {
    let disk = Scratch::new("sled-maps")?;
    let store = store(&disk.path().join("ours")).open()?;
    let ours = runtime.block_on(OursAsMap::filled(store, extent.size, random))?;
    let entrants = of_map("sled", ours, extent);
    Ok(Field::new("Maps on sled", entrants).on(disk))
}

async fn fill(
    disk: &Path,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<(Arc<Ours>, Vec<Entrant>), Failure> {
    let (size, keys) = (extent.size, extent.keys());
    let store = store(&disk.join("ours"));
    let ours = Ours::filled(store.open()?, LeapingClock::default(), size, random).await?;
    let ours = Arc::new(ours);
    let raw = Arc::new(RawSled::filled(&disk.join("raw"), size, random)?);
    let flushed = RemoveAndFlush::filled(&disk.join("flushed"), size)?;
    let mut entrants = loads("sled", &ours, extent)?;
    entrants.extend([
        Entrant::new("raw-sled.get", Load { store: raw, keys }),
        Entrant::new("sled.delete", ours::SignOutOfStore(Arc::clone(&ours))),
        Entrant::new("flush-each", flushed),
        Entrant::new("plain-file.append", PlainFile::create(disk)?),
    ]);
    if extent.whole {
        entrants.extend([
            Entrant::new("sled.update", ours::Save(Arc::clone(&ours))),
            Entrant::new("sled.sign-in", ours::SignIn(Arc::clone(&ours))),
            reading("sled.load-typed", &ours, extent),
        ]);
        entrants.extend(day("sled", &ours, extent)?);
        let uncached = self::store(&disk.join("uncached")).session_cache_bytes(0);
        let uncached = uncached.open()?;
        let uncached = Ours::filled(uncached, LeapingClock::default(), size, random).await?;
        let store = Arc::new(uncached);
        entrants.push(Entrant::new("sled.load-uncached", Load { store, keys }));
    }
    Ok((ours, entrants))
}

fn store(path: &Path) -> SledStoreBuilder {
    let lazy = Durability::Interval(Duration::from_millis(200));
    let builder = SledStore::builder(path).durability(lazy);
    builder.cache_bytes(CACHE_BYTES).without_sweeper()
}
