//! Opening a store.

mod check;
mod directory;
mod problem;
mod start_over;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cloakroom_core::Result;

use crate::config::SledStoreBuilder;
use crate::core::Core;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::index::Index;
use crate::journal::{Journal, Pace};
use crate::layout::identity::{Identity, StoreId, Unreadable};
use crate::layout::keys;
use crate::layout::state::State;
use crate::store::SledStore;
use crate::stripes::Stripes;
use crate::sweep::Sweeps;
use crate::witness::{Said, Testimony, Witness};

use problem::Problem;
pub(crate) use start_over::start_over;

pub(crate) fn open(config: SledStoreBuilder) -> Result<SledStore> {
    check(&config)?;
    let opened = Opened::open(&config)?;
    let pace = Pace {
        lazy_within: config.durability.lazy_within(),
        stalls_after: config.stalls_after,
    };
    let engine = Arc::new(opened.engine);
    let index = Arc::new(opened.index);
    let journal = Journal::start(
        Arc::clone(&engine),
        Arc::clone(&index),
        opened.witness,
        opened.store,
        opened.state,
        pace,
    )
    .map_err(|error| Problem::io(&config.path, &error))?;
    let core = Core {
        placement_key: config.placement_key,
        durability: config.durability,
        engine,
        index,
        journal,
        stripes: Stripes::new(),
    };
    let sweeps = config.sweep_every.map(|every| Sweeps {
        every,
        clock: config.clock,
        report: config.report,
        patience: config.stalls_after,
    });
    SledStore::start(core, sweeps).map_err(|error| Problem::io(&config.path, &error).into())
}

/// Refuses what would sweep without a pause, or call every disk hung.
fn check(config: &SledStoreBuilder) -> Result<(), Problem> {
    if config.sweep_every == Some(Duration::ZERO) {
        return Err(Problem::NoTime("an interval of sweeps"));
    }
    if config.stalls_after == Duration::ZERO {
        return Err(Problem::NoTime("a patience with the disk"));
    }
    Ok(())
}

/// A store whose files are in order.
struct Opened {
    engine: Engine,
    index: Index,
    witness: Witness,
    store: StoreId,
    state: State,
}

impl Opened {
    fn open(config: &SledStoreBuilder) -> Result<Self, Problem> {
        let path = config.path.as_path();
        let lock = directory::lock(path)?;
        let told = |error| Problem::io(path, &error);
        let (mut witness, said) = Witness::read(lock).map_err(told)?;
        let seen = begin(path, &mut witness, said)?;
        if seen.in_use && !directory::log(path).try_exists().map_err(told)? {
            return Err(Problem::Damaged(path.to_owned(), "sled's log is gone"));
        }

        let engine = start_engine(path, config.cache)?;
        let broken = |fault| Problem::fault(path, fault);
        identify(path, &engine, &seen, config.placement_key.digest())?;
        let found = check::state(&engine).map_err(broken)?;
        let found = found.filter(|state| state.sequence >= seen.sequence);
        let Some(state) = found else {
            let found = check::state(&engine).map_err(broken)?;
            return Err(Problem::WentBack {
                path: path.to_owned(),
                seen: seen.sequence,
                found: found.map_or(0, |state| state.sequence),
            });
        };
        let index = Index::new(config.session_cache);
        let digest = check::read_all(&engine, &config.placement_key, &index).map_err(broken)?;
        if digest != state.digest {
            let what = "what is stored is not what was written last";
            return Err(Problem::Damaged(path.to_owned(), what));
        }

        // What is there may have been in memory alone when the process before was killed. From here
        // on somebody may see it.
        engine.flush().map_err(broken)?;
        engine.sync().map_err(broken)?;
        directory::sync(path)?;
        let said = Testimony {
            in_use: true,
            sequence: state.sequence,
            ..seen
        };
        witness.write(&said).map_err(told)?;
        Ok(Self {
            engine,
            index,
            witness,
            store: seen.store,
            state,
        })
    }
}

/// What the witness says; a new store is begun where it says nothing.
fn begin(path: &Path, witness: &mut Witness, said: Said) -> Result<Testimony, Problem> {
    match said {
        Said::Testimony(said) => Ok(said),
        Said::Newer(version) => Err(Problem::Newer(path.to_owned(), version)),
        Said::Damaged => {
            let what = "`cloakroom.witness` cannot be read";
            Err(Problem::Damaged(path.to_owned(), what))
        }
        Said::Nothing if directory::engine(path).exists() => {
            let what = "`cloakroom.witness` is empty";
            Err(Problem::Damaged(path.to_owned(), what))
        }
        Said::Nothing => {
            let mut store = [0; 16];
            getrandom::fill(&mut store).map_err(|_| Problem::Entropy)?;
            let said = Testimony {
                store,
                in_use: false,
                sequence: 0,
            };
            witness
                .write(&said)
                .map_err(|error| Problem::io(path, &error))?;
            Ok(said)
        }
    }
}

/// Checks that sled's files are those of this store; writes it into them where it is being made.
fn identify(
    path: &Path,
    engine: &Engine,
    seen: &Testimony,
    placement_key: [u8; 32],
) -> Result<(), Problem> {
    let broken = |fault| Problem::fault(path, fault);
    let wanted = Identity {
        store: seen.store,
        placement_key,
    };
    let Some(value) = engine.get(&keys::IDENTITY).map_err(broken)? else {
        if seen.in_use {
            return Err(Problem::WentBack {
                path: path.to_owned(),
                seen: seen.sequence,
                found: 0,
            });
        }
        let value = wanted.write();
        let state = State {
            sequence: 1,
            digest: crate::digest::Digest::of(&keys::IDENTITY, &value),
        };
        let mut batch = sled::Batch::default();
        batch.insert(&keys::IDENTITY, value);
        batch.insert(&keys::STATE, state.write());
        return engine.apply(batch).map_err(broken);
    };
    match Identity::read(&value) {
        Ok(there) if there == wanted => Ok(()),
        Ok(there) if there.store == wanted.store => {
            Err(Problem::OtherPlacementKey(path.to_owned()))
        }
        Ok(_) => {
            let what = "sled's files are those of another store";
            Err(Problem::Damaged(path.to_owned(), what))
        }
        Err(Unreadable::Newer(format)) => Err(Problem::Newer(path.to_owned(), format)),
        Err(Unreadable::Damaged) => {
            let what = "its identity cannot be read";
            Err(Problem::Damaged(path.to_owned(), what))
        }
    }
}

fn start_engine(path: &Path, cache: u64) -> Result<Engine, Problem> {
    let config = sled::Config::new()
        .path(directory::engine(path))
        .cache_capacity(cache)
        // We flush. A failure in a thread of sled's own would never be told to anybody.
        .flush_every_ms(None);
    let mut tries = 0;
    let db = loop {
        match catch_unwind(AssertUnwindSafe(|| config.open())) {
            Err(_panic) => return Err(Problem::fault(path, Fault::Panicked)),
            Ok(Ok(db)) => break db,
            // We hold the store's own lock: these are the last threads of a handle that was dropped
            // a moment ago.
            Ok(Err(sled::Error::Io(error))) if is_locked(&error) && tries < 500 => {
                tries += 1;
                thread::sleep(Duration::from_millis(10));
            }
            Ok(Err(error)) => return Err(Problem::fault(path, error.into())),
        }
    };
    let log = File::options()
        .write(true)
        .open(directory::log(path))
        .map_err(|error| Problem::io(path, &error))?;
    Ok(Engine::new(db, log))
}

/// sled says so in words alone.
fn is_locked(error: &std::io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}
