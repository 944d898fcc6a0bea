//! Recording concurrent histories.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cloakroom_core::store::Listed;
use cloakroom_core::{Placement, SessionStore, Timestamp};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::Harness;
use crate::history::random::Random;
use crate::history::{Call, Checker};
use crate::model::{Clients, Model, Op, Outcome, Planner, Step, World, epoch, pause};

/// How many operations each task carries out in a round, at most.
const ROUND: u64 = 24;

/// What the tasks share.
struct Shared {
    planner: Mutex<Planner>,
    moment: AtomicU64,
}

impl Shared {
    fn planner(&self) -> std::sync::MutexGuard<'_, Planner> {
        self.planner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moment(&self) -> u64 {
        self.moment.fetch_add(1, Ordering::SeqCst)
    }
}

/// A concurrent history under way.
pub(super) struct Rounds<S> {
    clients: Vec<Arc<S>>,
    world: World,
    shared: Arc<Shared>,
    random: Random,
    checkers: BTreeMap<Placement, Checker>,
    now: Timestamp,
}

impl<S: SessionStore> Rounds<S> {
    pub(super) async fn start<H: Harness<Store = S>>(harness: &H, tasks: usize, seed: u64) -> Self {
        let mut clients = Vec::new();
        for _ in 0..tasks.max(1) {
            clients.push(Arc::new(harness.store().await));
        }
        let world = World::new(clients[0].placement_key());
        let places = world.places().iter();
        Self {
            checkers: places.map(|place| (*place, Checker::new())).collect(),
            shared: Arc::new(Shared {
                planner: Mutex::new(Planner::new(world.clone(), Clients::Many)),
                moment: AtomicU64::new(1),
            }),
            clients,
            world,
            random: Random::new(seed),
            now: epoch(),
        }
    }

    /// Lets all tasks run for a while at one time, checks what they did, and moves the time. Says how
    /// many calls that were.
    pub(super) async fn round(&mut self) -> Result<usize, String> {
        let steps = 1 + self.random.below(ROUND);
        let together = Arc::new(Barrier::new(self.clients.len()));
        let mut tasks = JoinSet::new();
        for (task, client) in self.clients.iter().enumerate() {
            let steps: Vec<_> = (0..steps).map(|_| self.random.step()).collect();
            let (client, shared) = (client.clone(), self.shared.clone());
            let (together, now) = (together.clone(), self.now);
            tasks.spawn(async move {
                together.wait().await;
                run(task, &*client, &shared, steps, now).await
            });
        }
        let mut calls = Vec::new();
        while let Some(joined) = tasks.join_next().await {
            calls.extend(joined.map_err(|error| format!("a task has failed: {error}"))??);
        }
        let made = calls.len();
        self.check(calls)?;
        self.look_around().await?;
        self.move_time();
        Ok(made)
    }

    /// Compares all that there is with what there should be.
    pub(super) async fn look_at_everything(&mut self) -> Result<(), String> {
        let states = self.checkers.values().flat_map(Checker::states);
        let ids: BTreeSet<_> = states.flat_map(Model::known_ids).collect();
        for id in ids {
            let calls = self.alone(Op::Load(id)).await?;
            self.check(calls)?;
        }
        self.look_around().await
    }

    /// Lists and counts everybody's sessions while nobody else does anything.
    async fn look_around(&mut self) -> Result<(), String> {
        for subject in self.world.subjects().clone() {
            let page_size = 1000;
            let calls = self.alone(Op::TokenSet { subject, page_size }).await?;
            self.check(calls)?;
        }
        let page_size = 7;
        let calls = self.alone(Op::Scan { page_size }).await?;
        let mut live = BTreeSet::new();
        for call in &calls {
            if let Outcome::Listed(listed) = &call.outcome {
                live.extend(listed.iter().map(Listed::id));
            }
        }
        self.check(calls)?;
        let counted = Op::Count.run(&*self.clients[0], self.now).await;
        match counted.map_err(|error| error.to_string())? {
            Outcome::Counted(count) if count == live.len() as u64 => Ok(()),
            outcome => Err(format!("counted {outcome}, but listed {}", live.len())),
        }
    }

    /// An operation while nobody else does anything.
    async fn alone(&self, op: Op) -> Result<Vec<Call>, String> {
        let invoked = self.shared.moment();
        let outcome = op.run(&*self.clients[0], self.now).await;
        let outcome = outcome.map_err(|error| format!("{op}: {error}"))?;
        Ok(vec![Call {
            task: 0,
            op,
            now: self.now,
            outcome,
            invoked,
            returned: self.shared.moment(),
        }])
    }

    /// Each placement has a history of its own: no operation changes two.
    fn check(&mut self, calls: Vec<Call>) -> Result<(), String> {
        let mut histories: BTreeMap<Placement, Vec<Call>> = BTreeMap::new();
        for call in calls {
            if let Some(at) = call.op.placement(self.world.key()) {
                histories.entry(at).or_default().push(call);
                continue;
            }
            // What goes over all placements is a call in each of them. A purge changes nothing that
            // could be seen.
            if let Outcome::Listed(listed) = &call.outcome {
                for at in self.checkers.keys() {
                    let here = listed.iter().filter(|one| one.id().placement() == *at);
                    let outcome = Outcome::Listed(here.cloned().collect());
                    let call = Call {
                        outcome,
                        ..call.clone()
                    };
                    histories.entry(*at).or_default().push(call);
                }
            }
        }
        for (at, calls) in histories {
            let checker = self.checkers.entry(at).or_default();
            let checked = checker.check(calls);
            checked.map_err(|violation| format!("in placement {at} {violation}"))?;
        }
        Ok(())
    }

    fn move_time(&mut self) {
        let states = self
            .checkers
            .values()
            .filter_map(|one| one.states().first());
        let instants = states.flat_map(Model::instants).collect();
        self.now = pause(self.random.byte(), self.now, &instants);
    }
}

async fn run(
    task: usize,
    client: &dyn SessionStore,
    shared: &Shared,
    steps: Vec<Step>,
    now: Timestamp,
) -> Result<Vec<Call>, String> {
    let mut calls = Vec::new();
    for step in steps {
        let Some(op) = shared.planner().plan(&step, now) else {
            continue;
        };
        let invoked = shared.moment();
        let answer = op.run(client, now).await;
        let returned = shared.moment();
        let outcome = answer.map_err(|error| format!("task {task}: {op}: {error}"))?;
        shared.planner().learn(&op, &outcome);
        calls.push(Call {
            task,
            op,
            now,
            outcome,
            invoked,
            returned,
        });
        // Lets another task of this thread go on, wherever the store itself never waits.
        if step.yields() {
            tokio::task::yield_now().await;
        }
    }
    Ok(calls)
}
