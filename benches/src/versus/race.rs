//! Many tasks make one operation of one store at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::contestants::Failure;
use crate::stopwatch::{ProcessStopwatch, Stopwatch};
use crate::versus::contender::Contender;

/// How many threads the tasks share.
pub(crate) const WORKERS: usize = 2;

/// How much a lap is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Length {
    /// How long it should last, about.
    pub(crate) time: Duration,
    /// How many operations of each task are tried first; half of that is the least.
    pub(crate) first: usize,
}

/// Of about how many operations a second the latency is taken: where an operation is as short as looking at the
/// clock, looking each time would measure the clock.
const TIMED_PER_SECOND: f64 = 200_000.0;

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
    pub(crate) name: String,
    lap: Box<RunLap>,
    alone: Box<RunAlone>,
}

type RunLap = dyn FnMut(&Runtime, usize, Length, &mut StdRng) -> Result<Lap, Failure>;
type RunAlone = dyn FnMut(&Runtime, usize, &mut StdRng) -> Result<Duration, Failure>;

impl Entrant {
    pub(crate) fn new<C: Contender>(name: impl Into<String>, contender: C) -> Self {
        let contender = Arc::new(contender);
        let by_itself = Arc::clone(&contender);
        let alone = move |runtime: &Runtime, count: usize, random: &mut StdRng| {
            runtime.block_on(alone(&*by_itself, count, random))
        };
        let mut known: Option<Pace> = None;
        let lap = move |runtime: &Runtime, tasks: usize, length: Length, random: &mut StdRng| {
            runtime.block_on(async {
                let pace = match known {
                    Some(pace) if pace.tasks == tasks => pace,
                    _ => Pace::found(&contender, tasks, length, random).await?,
                };
                let lap = run(&contender, pace, random).await?;
                contender.settle().await?;
                known = Some(Pace {
                    per_second: lap.per_second,
                    ..pace
                });
                Ok(lap)
            })
        };
        Self {
            name: name.into(),
            lap: Box::new(lap),
            alone: Box::new(alone),
        }
    }

    /// Runs a lap, with so many tasks.
    pub(crate) fn lap(
        &mut self,
        runtime: &Runtime,
        tasks: usize,
        length: Length,
        random: &mut StdRng,
    ) -> Result<Lap, Failure> {
        let lap = (self.lap)(runtime, tasks, length, random);
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

/// What is known of a contender before a lap.
#[derive(Debug, Clone, Copy)]
struct Pace {
    tasks: usize,
    /// How many operations of each task make a lap.
    each: usize,
    /// How fast it was.
    per_second: f64,
}

impl Pace {
    /// A first lap with so many tasks tells how many operations are enough. It also warms up.
    async fn found<C: Contender>(
        contender: &Arc<C>,
        tasks: usize,
        length: Length,
        random: &mut StdRng,
    ) -> Result<Self, Failure> {
        let most = (contender.most() / tasks).max(1);
        let few = length.first.min(most);
        // None of these few is timed: it would make the fastest look slower than they are.
        let trial = Self {
            tasks,
            each: few,
            per_second: f64::INFINITY,
        };
        let first = run(contender, trial, random).await?;
        contender.settle().await?;
        let count = first.per_second * length.time.as_secs_f64();
        let enough = (count / tasks as f64) as usize;
        Ok(Self {
            tasks,
            each: enough.clamp(few.min(length.first / 2), most),
            per_second: first.per_second,
        })
    }

    /// Of how many operations the latency of one is taken. Odd, so that it never keeps step with the 128
    /// operations after which tokio lets another task go on.
    fn timed_one_of(self) -> usize {
        (self.per_second / TIMED_PER_SECOND).ceil() as usize | 1
    }
}

async fn run<C: Contender>(
    contender: &Arc<C>,
    pace: Pace,
    random: &mut StdRng,
) -> Result<Lap, Failure> {
    let mut seed = StdRng::from_rng(random);
    let prepared = contender.prepare(pace.tasks, pace.each, &mut seed).await?;
    let total: usize = prepared.iter().map(Vec::len).sum();
    let start = Arc::new(Barrier::new(prepared.len() + 1));
    let mut tasks = JoinSet::new();
    for items in prepared {
        let (contender, start) = (Arc::clone(contender), Arc::clone(&start));
        tasks.spawn(async move {
            start.wait().await;
            start.wait().await;
            drive(&*contender, items, pace.timed_one_of()).await
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
    timed_one_of: usize,
) -> Result<(usize, Vec<u64>), Failure> {
    let mut done = 0;
    let mut sampled = Vec::with_capacity(items.len() / timed_one_of + 1);
    for (at, item) in items.into_iter().enumerate() {
        // Of many not the very first, which find the caches cold: among few that are timed they would weigh.
        let is_timed = at % timed_one_of == timed_one_of / 2;
        let began = is_timed.then(Instant::now);
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
