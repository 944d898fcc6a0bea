//! Many tasks make one operation of one store at once.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::contestants::Failure;
use crate::stopwatch::{ProcessStopwatch, Stopwatch};
use crate::workload::Keys;

/// How many threads the tasks share.
pub(crate) const WORKERS: usize = 2;

/// An operation of a store.
pub(crate) trait Contender: Send + Sync + 'static {
    /// What one operation is made with.
    type Item: Send + 'static;

    /// What the operations of a lap are made with, for each task a list of `each`. Not timed.
    fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> impl Future<Output = Result<Vec<Vec<Self::Item>>, Failure>>;

    /// One operation. Tells whether it did what it should.
    fn operate(&self, item: Self::Item) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Makes everything as it was before the lap. Not timed.
    fn settle(&self) -> impl Future<Output = Result<(), Failure>> {
        async { Ok(()) }
    }

    /// How many operations a lap can have at most.
    fn most(&self) -> usize {
        usize::MAX
    }

    /// The process that serves it, where there is one.
    fn server(&self) -> Option<u32> {
        None
    }
}

/// For each task a list of `each` things that are asked for, by where they are.
pub(crate) fn deal<T>(
    keys: &Keys,
    tasks: usize,
    each: usize,
    random: &mut StdRng,
    mut thing: impl FnMut(usize) -> T,
) -> Vec<Vec<T>> {
    let mut of_task = || (0..each).map(|_| thing(keys.draw(random))).collect();
    (0..tasks).map(|_| of_task()).collect()
}

/// How much a lap is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Length {
    /// How long it should last, about.
    pub(crate) time: Duration,
    /// How many operations of each task are tried first; half of that is the least.
    pub(crate) first: usize,
}

/// How a lap is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// How many operations are under way at once.
    pub(crate) tasks: usize,
    /// Of how many operations the latency of one is taken: where an operation is as short as looking
    /// at the clock, looking each time would measure the clock.
    pub(crate) sample_every: usize,
}

/// What came out of one lap.
#[derive(Debug, Clone)]
pub(crate) struct Lap {
    pub(crate) per_second: f64,
    /// Nanoseconds of processor for each operation, by this process.
    pub(crate) client_nanos: f64,
    /// The same, by the server's process; none where there is none.
    pub(crate) server_nanos: Option<f64>,
    /// Nanoseconds, in ascending order.
    pub(crate) latencies: Vec<u64>,
}

/// A contender, and how many operations make a lap of it.
pub(crate) struct Entrant {
    pub(crate) name: &'static str,
    lap: Box<RunLap>,
    alone: Box<RunAlone>,
}

type RunLap = dyn FnMut(&Runtime, Shape, Length, &mut StdRng) -> Result<Lap, Failure>;
type RunAlone = dyn FnMut(&Runtime, usize, &mut StdRng) -> Result<Duration, Failure>;

impl Entrant {
    pub(crate) fn new<C: Contender>(name: &'static str, contender: C) -> Self {
        let contender = Arc::new(contender);
        let by_itself = Arc::clone(&contender);
        let alone = move |runtime: &Runtime, count: usize, random: &mut StdRng| {
            runtime.block_on(alone(&*by_itself, count, random))
        };
        let mut known: Option<(usize, usize)> = None;
        let lap = move |runtime: &Runtime, shape: Shape, length: Length, random: &mut StdRng| {
            runtime.block_on(async {
                let most = (contender.most() / shape.tasks).max(1);
                let each = match known {
                    Some((tasks, each)) if tasks == shape.tasks => each,
                    _ => {
                        // The first lap with so many tasks tells how many operations are enough. It also
                        // warms up.
                        let few = length.first.min(most);
                        let first = run(&contender, shape, few, random).await?;
                        contender.settle().await?;
                        let count = first.per_second * length.time.as_secs_f64();
                        let enough = (count / shape.tasks as f64) as usize;
                        let each = enough.clamp(few.min(length.first / 2), most);
                        known = Some((shape.tasks, each));
                        each
                    }
                };
                let lap = run(&contender, shape, each, random).await?;
                contender.settle().await?;
                Ok(lap)
            })
        };
        Self {
            name,
            lap: Box::new(lap),
            alone: Box::new(alone),
        }
    }

    /// Runs a lap.
    pub(crate) fn lap(
        &mut self,
        runtime: &Runtime,
        shape: Shape,
        length: Length,
        random: &mut StdRng,
    ) -> Result<Lap, Failure> {
        let lap = (self.lap)(runtime, shape, length, random);
        lap.map_err(|failure| format!("{}: {failure}", self.name).into())
    }

    /// So many operations, one after the other, and nothing beside them. Returns how long this thread
    /// has computed for them; the runtime must be one of this thread.
    pub(crate) fn alone(
        &mut self,
        runtime: &Runtime,
        count: usize,
        random: &mut StdRng,
    ) -> Result<Duration, Failure> {
        let took = (self.alone)(runtime, count, random);
        took.map_err(|failure| format!("{}: {failure}", self.name).into())
    }
}

pub(crate) fn runtime() -> Result<Runtime, Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.worker_threads(WORKERS).enable_all().build()?)
}

async fn run<C: Contender>(
    contender: &Arc<C>,
    shape: Shape,
    each: usize,
    random: &mut StdRng,
) -> Result<Lap, Failure> {
    let mut seed = StdRng::from_rng(random);
    let prepared = contender.prepare(shape.tasks, each, &mut seed).await?;
    let total: usize = prepared.iter().map(Vec::len).sum();
    let start = Arc::new(Barrier::new(prepared.len() + 1));
    let mut tasks = JoinSet::new();
    for items in prepared {
        let (contender, start) = (Arc::clone(contender), Arc::clone(&start));
        tasks.spawn(async move {
            start.wait().await;
            start.wait().await;
            drive(&*contender, items, shape.sample_every).await
        });
    }
    // Once all of them are there the time runs, and then they may go.
    start.wait().await;
    let server = contender.server().map(server_nanos).transpose()?;
    let client = ProcessStopwatch::start();
    let began = Instant::now();
    start.wait().await;
    let (mut done, mut latencies) = (0, Vec::new());
    while let Some(task) = tasks.join_next().await {
        let (of_task, sampled) = task??;
        done += of_task;
        latencies.extend(sampled);
    }
    let wall = began.elapsed();
    let client = client.elapsed();
    let after = contender.server().map(server_nanos).transpose()?;
    if done != total {
        return Err(format!("only {done} of {total} operations did what they should").into());
    }
    latencies.sort_unstable();
    let count = total as f64;
    let server = server.zip(after);
    Ok(Lap {
        per_second: count / wall.as_secs_f64(),
        client_nanos: client.as_nanos() as f64 / count,
        server_nanos: server.map(|(before, after)| (after - before) as f64 / count),
        latencies,
    })
}

async fn alone<C: Contender>(
    contender: &C,
    count: usize,
    random: &mut StdRng,
) -> Result<Duration, Failure> {
    let (mut took, mut left) = (Duration::ZERO, count);
    while left > 0 {
        // No more at once than the caches hold, however often it is to be repeated.
        let some = left.min(contender.most()).min(10_000);
        let prepared = contender.prepare(1, some, random).await?;
        let mut done = 0;
        let watch = Stopwatch::start();
        for item in prepared.into_iter().flatten() {
            done += usize::from(contender.operate(item).await?);
        }
        took += watch.elapsed();
        contender.settle().await?;
        if done != some {
            return Err(format!("only {done} of {some} operations did what they should").into());
        }
        left -= some;
    }
    Ok(took)
}

/// What one task does: how many operations did what they should, and how long some of them took.
async fn drive<C: Contender>(
    contender: &C,
    items: Vec<C::Item>,
    sample_every: usize,
) -> Result<(usize, Vec<u64>), Failure> {
    let mut done = 0;
    let mut sampled = Vec::with_capacity(items.len() / sample_every + 1);
    for (at, item) in items.into_iter().enumerate() {
        let began = at.is_multiple_of(sample_every).then(Instant::now);
        done += usize::from(contender.operate(item).await?);
        if let Some(began) = began {
            sampled.push(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
    }
    Ok((done, sampled))
}

/// How much processor time the main thread of a process has taken.
fn server_nanos(process: u32) -> Result<u64, Failure> {
    let schedule = std::fs::read_to_string(format!("/proc/{process}/schedstat"))?;
    let nanos = schedule.split_whitespace().next();
    Ok(nanos.ok_or("an empty schedstat")?.parse()?)
}
