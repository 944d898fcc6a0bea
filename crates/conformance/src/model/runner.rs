//! Running a script against a store and the model.

use std::fmt;

use cloakroom_core::{Error, ErrorKind, SessionStore as _, Timestamp};

use crate::Harness;
use crate::model::plan::{Clients, Planner, pause};
use crate::model::script::Kind;
use crate::model::{Model, Op, Outcome, Script, Step, World, show, world};

/// Where a store departed from the contract, and how it got there.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The operations until there, one a line.
    trace: Vec<String>,
    what: String,
    /// What the store should hold.
    model: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.trace {
            writeln!(f, "  {line}")?;
        }
        writeln!(f, "{}", self.what)?;
        write!(f, "The store should hold now:\n{}", self.model)
    }
}

/// What a script has done, by the outcomes; for a test that scripts reach all of them.
pub(crate) type Seen = Vec<(Op, Outcome)>;

struct Runner<H: Harness> {
    harness: H,
    /// Two hosts, as far as the engine allows two.
    clients: [H::Store; 2],
    client: usize,
    model: Model,
    planner: Planner,
    now: Timestamp,
    trace: Vec<String>,
    seen: Seen,
}

/// Runs a script against a store that starts empty.
pub(crate) async fn run<H: Harness>(script: &Script) -> Result<Seen, Failure> {
    let harness = H::start().await;
    let clients = [harness.store().await, harness.store().await];
    let world = World::new(clients[0].placement_key());
    let mut runner = Runner {
        harness,
        clients,
        client: 0,
        model: Model::new(),
        planner: Planner::new(world, Clients::One),
        now: world::epoch(),
        trace: Vec::new(),
        seen: Vec::new(),
    };
    for step in script.steps() {
        runner = runner.step(&step).await?;
    }
    runner.look_at_everything().await?;
    Ok(runner.seen)
}

impl<H: Harness> Runner<H> {
    async fn step(mut self, step: &Step) -> Result<Self, Failure> {
        self.client = step.client();
        let then = pause(step.time, self.now, &self.model.instants());
        if then > self.now {
            self.now = then;
            if let Some(tamper) = self.harness.tamper() {
                tamper.expire(then).await;
                self.trace
                    .push("the engine sweeps what it was told to".to_owned());
            }
            // Who is over is over at the very millisecond.
            self.ask(Op::Scan { page_size: 2 }).await?;
            self.ask(Op::Count).await?;
        }
        if Kind::of(step.kind) == Kind::Reopen {
            return Ok(self.reopen().await);
        }
        if let Some(op) = self.planner.plan(step, self.now)
            && !self.model.recycles(&op, self.now)
        {
            self.ask(op).await?;
        }
        Ok(self)
    }

    async fn ask(&mut self, op: Op) -> Result<(), Failure> {
        let answer = op.run(&self.clients[self.client], self.now).await;
        let at = show::time(self.now);
        let answered = match &answer {
            Ok(outcome) => outcome.to_string(),
            Err(error) => describe(error),
        };
        self.trace.push(format!("at {at}: {op} -> {answered}"));
        match answer {
            Err(error) if self.planner.world.refuses(&op) => match error.kind() {
                ErrorKind::InvalidInput => Ok(()),
                _ => Err(self.failure("expected the error for input that is not valid")),
            },
            Ok(_) if self.planner.world.refuses(&op) => {
                Err(self.failure("expected an error: it reaches beyond a placement or a limit"))
            }
            Err(_) => Err(self.failure("expected an outcome, not an error")),
            Ok(outcome) => {
                self.planner.learn(&op, &outcome);
                // After a mismatch the model means nothing, and this is what should have been held.
                let before = self.model.clone();
                if let Err(mismatch) = self.model.step(&op, self.now, &outcome) {
                    self.model = before;
                    return Err(self.failure(&mismatch.to_string()));
                }
                self.seen.push((op, outcome));
                Ok(())
            }
        }
    }

    /// A store that forgets by design starts anew, and with it the model.
    async fn reopen(self) -> Self {
        let mut trace = self.trace;
        drop(self.clients);
        let (harness, model) = match self.harness.reopen().await {
            Some(harness) => {
                trace.push("reopen".to_owned());
                (harness, self.model)
            }
            None => {
                trace.push("reopen, which forgets everything".to_owned());
                (H::start().await, self.model.forgetting_everything())
            }
        };
        Self {
            clients: [harness.store().await, harness.store().await],
            harness,
            model,
            trace,
            ..self
        }
    }

    /// Compares all that there is, at the end of a script.
    async fn look_at_everything(&mut self) -> Result<(), Failure> {
        for id in self.model.known_ids() {
            self.ask(Op::Load(id)).await?;
        }
        for subject in self.planner.world.subjects().clone() {
            let page_size = 2;
            self.ask(Op::TokenSet { subject, page_size }).await?;
        }
        self.ask(Op::Scan { page_size: 2 }).await?;
        self.ask(Op::Count).await
    }

    fn failure(&mut self, what: &str) -> Failure {
        Failure {
            trace: std::mem::take(&mut self.trace),
            what: what.to_owned(),
            model: self.model.to_string(),
        }
    }
}

fn describe(error: &Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    format!("{error} ({})", source.unwrap_or_default())
}
