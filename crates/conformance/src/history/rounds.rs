//! Recording concurrent histories.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use cloakroom_core::store::Listed;
use cloakroom_core::{Placement, SessionStore, Timestamp};
use tokio::task::JoinSet;

use crate::Harness;
use crate::history::random::Random;
use crate::history::task::Task;
use crate::history::{Call, Checker};
use crate::model::{Clients, Model, Op, Outcome, Planner, World, epoch, pause};

/// How many operations each task carries out in a round, at most.
const ROUND: u64 = 12;

/// A concurrent history under way.
pub(super) struct Rounds<S> {
    clients: Vec<Arc<S>>,
    planner: Planner,
    random: Random,
    checkers: BTreeMap<Placement, Checker>,
    moments: Arc<AtomicU64>,
    waits: Arc<AtomicBool>,
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
            planner: Planner::new(world.clone(), Clients::Many),
            random: Random::new(seed),
            moments: Arc::new(AtomicU64::new(1)),
            waits: Arc::new(AtomicBool::new(false)),
            clients,
            now: epoch(),
        }
    }

    /// Lets all tasks run for a while at one time, checks what they did, and moves the time. Says how
    /// many calls that were.
    pub(super) async fn round(&mut self) -> Result<usize, String> {
        let ready = Arc::new(AtomicUsize::new(self.clients.len()));
        let mut tasks = JoinSet::new();
        for (task, ops) in self.plan().into_iter().enumerate() {
            let task = Task {
                task,
                client: self.clients[task].clone(),
                moments: self.moments.clone(),
                waits: self.waits.clone(),
                now: self.now,
            };
            tasks.spawn(task.run(ready.clone(), ops));
        }
        let mut calls = Vec::new();
        while let Some(joined) = tasks.join_next().await {
            calls.extend(joined.map_err(|error| format!("a task has failed: {error}"))??);
        }
        calls.sort_by_key(|call| call.returned);
        for call in &calls {
            self.planner.learn(&call.op, &call.outcome);
        }
        let made = calls.len();
        self.check(calls)?;
        self.look_around().await?;
        self.move_time();
        Ok(made)
    }

    /// What each task does in a round: planned before, so that the tasks do nothing but call the
    /// store, and in turn, so that operations on one session come from several tasks at once.
    fn plan(&mut self) -> Vec<Vec<(Op, bool)>> {
        let mut plans = vec![Vec::new(); self.clients.len()];
        for _ in 0..=self.random.below(ROUND) {
            for plan in &mut plans {
                let step = self.random.step();
                let op = self.planner.plan(&step, self.now);
                plan.extend(op.map(|op| (op, step.yields())));
            }
        }
        plans
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
        for subject in self.planner.world.subjects().clone() {
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
        let invoked = self.moments.fetch_add(1, Ordering::SeqCst);
        let outcome = op.run(&*self.clients[0], self.now).await;
        let outcome = outcome.map_err(|error| format!("{op}: {error}"))?;
        Ok(vec![Call {
            task: 0,
            op,
            now: self.now,
            outcome,
            invoked,
            returned: self.moments.fetch_add(1, Ordering::SeqCst),
        }])
    }

    /// Each placement has a history of its own: no operation changes two.
    fn check(&mut self, calls: Vec<Call>) -> Result<(), String> {
        let mut histories: BTreeMap<Placement, Vec<Call>> = BTreeMap::new();
        for call in calls {
            if let Some(at) = call.op.placement(self.planner.world.key()) {
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

    /// Time stands still, moves to what is over next, or far away.
    fn move_time(&mut self) {
        let states = self
            .checkers
            .values()
            .filter_map(|one| one.states().first());
        let instants: BTreeSet<_> = states.flat_map(Model::instants).collect();
        let far = self.random.below(instants.len() as u64) as usize;
        self.now = match (self.random.below(8), instants.iter().nth(far)) {
            (0..3, _) => self.now,
            (3, Some(instant)) => self.now.max(*instant),
            _ => pause(self.random.byte() | 0xe8, self.now, &instants),
        };
    }
}
