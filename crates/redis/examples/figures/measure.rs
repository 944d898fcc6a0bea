//! Measuring, and what was measured.

use std::fs;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::server;
use crate::stage::Stage;
use crate::work::Work;

/// One round of one kind of work.
pub(crate) struct Round {
    ops_per_second: f64,
    /// Of each operation, in µs.
    took: Vec<f64>,
    /// For each operation, in µs.
    client_cpu: f64,
    server_cpu: f64,
}

/// Carries out so many operations, so many at a time, each in a task of its own as in a server.
pub(crate) async fn drive<F: Future<Output = ()> + Send + 'static>(
    stage: &Arc<Stage>,
    in_flight: usize,
    ops: usize,
    op: impl Fn(Arc<Stage>, usize) -> F + Clone + Send + 'static,
) -> Round {
    let (client, server) = (own_cpu(), server::cpu(stage.bare.clone()).await);
    let began = Instant::now();
    let tasks: Vec<_> = (0..in_flight)
        .map(|task| {
            let (stage, op) = (stage.clone(), op.clone());
            tokio::spawn(async move {
                let mut took = Vec::with_capacity(ops / in_flight + 1);
                for n in (task..ops).step_by(in_flight) {
                    let began = Instant::now();
                    op(stage.clone(), n).await;
                    took.push(micros(began.elapsed()));
                }
                took
            })
        })
        .collect();
    let mut took = Vec::with_capacity(ops);
    for task in tasks {
        took.extend(task.await.unwrap());
    }
    let whole = began.elapsed();
    let (client, server) = (
        own_cpu() - client,
        server::cpu(stage.bare.clone()).await - server,
    );
    let each = |seconds: f64| seconds * 1e6 / ops as f64;
    Round {
        ops_per_second: ops as f64 / whole.as_secs_f64(),
        took,
        client_cpu: each(client),
        server_cpu: each(server),
    }
}

/// The rounds of every kind of work, with so many in flight.
#[derive(Default)]
pub(crate) struct Table(Vec<(Work, Round)>);

impl Table {
    pub(crate) fn print_head() {
        println!(
            "| in flight | | op/s | p50 µs | p99 µs | client CPU µs | server CPU µs | op/s to bare | \
             client CPU to bare, µs |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    }

    pub(crate) fn add(&mut self, work: Work, round: Round) {
        self.0.push((work, round));
    }

    pub(crate) fn print(&self, in_flight: usize) {
        for work in Work::ALL {
            let (own, base) = (self.rounds(work), self.rounds(work.base()));
            let all = |of: fn(&Round) -> f64| Spread::of(own.iter().map(|round| of(round)));
            let took = Spread::of(own.iter().flat_map(|round| round.took.iter().copied()));
            let pairs = || own.iter().zip(&base);
            let ratio =
                Spread::of(pairs().map(|(own, base)| own.ops_per_second / base.ops_per_second));
            let more = Spread::of(pairs().map(|(own, base)| own.client_cpu - base.client_cpu));
            println!(
                "| {in_flight} | {} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} | {} | {} |",
                work.name(),
                all(|round| round.ops_per_second).at(0.5),
                took.at(0.5),
                took.at(0.99),
                all(|round| round.client_cpu).at(0.5),
                all(|round| round.server_cpu).at(0.5),
                ratio.text(),
                more.text(),
            );
        }
    }

    fn rounds(&self, work: Work) -> Vec<&Round> {
        let of_work = self.0.iter().filter(|(of, _)| *of == work);
        of_work.map(|(_, round)| round).collect()
    }
}

/// Values in order.
struct Spread(Vec<f64>);

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.collect();
        values.sort_unstable_by(f64::total_cmp);
        Self(values)
    }

    fn at(&self, part: f64) -> f64 {
        self.0[((self.0.len() - 1) as f64 * part).round() as usize]
    }

    /// The median, and where the lowest and the highest tenth end.
    fn text(&self) -> String {
        let (low, high) = (self.at(0.1), self.at(0.9));
        format!("{:.2} ({low:.2} to {high:.2})", self.at(0.5))
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// What the threads of this process have computed, in seconds.
fn own_cpu() -> f64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let nanos = threads.map(|thread| -> f64 {
        let stat = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        stat.split_whitespace().next().unwrap().parse().unwrap()
    });
    nanos.sum::<f64>() / 1e9
}
