//! How the cost grows with the number of sessions that one user has.

use std::fmt;
use std::hint::black_box;
use std::time::Duration;

use cloakroom_core::store::{Cap, ENDED_MEMORY};
use cloakroom_core::{OnCap, Sessions, Subject, Timeouts, Token};
use cloakroom_moka::MokaStore;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::runtime::Runtime;

use crate::contestants::{Failure, LeapingClock};
use crate::report::{cell, head, row, sessions};
use crate::statistics::Spread;
use crate::stopwatch::Stopwatch;
use crate::workload::{self, Account};

/// How many sessions the user has.
pub(crate) const SIZES: [usize; 5] = [1, 10, 100, 1_000, 10_000];

/// What is measured.
pub(crate) const OPERATIONS: [&str; 4] = [
    "load, typed",
    "update",
    "one more sign-in",
    "revoke all, for each session",
];

const ROUNDS: usize = 60;

/// How many users there are of a size in a round, at most: the sign-in of one alone would be one that finds
/// nothing in the caches.
const USERS: usize = 20;

/// How many loads and updates are timed together.
const BATCH: usize = 500;

/// Nanoseconds: for each size and operation, a figure for each round.
#[derive(Default)]
pub(crate) struct Timings([[Vec<f64>; OPERATIONS.len()]; SIZES.len()]);

impl Timings {
    /// None where there are no figures.
    pub(crate) fn spread(&self, size: usize, operation: usize) -> Option<Spread> {
        Spread::of(self.0.get(size)?.get(operation)?.clone())
    }
}

/// Lets one user after the other sign in that often, use the sessions, and end them.
pub(crate) fn run(seed: u64) -> Result<Timings, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let clock = LeapingClock::default();
    let sessions = open(clock.clone())?;
    let mut timings = Timings::default();
    let random = &mut StdRng::seed_from_u64(seed);
    for round in 0..ROUNDS {
        for (at, size) in SIZES.into_iter().enumerate() {
            let users = (100 / size).clamp(1, USERS);
            let mut sums = [0.0; OPERATIONS.len()];
            for nth in 0..users {
                let user = Subject::new(format!("user-{round}-{size}-{nth}"))?;
                let figures = one(&runtime, &sessions, &user, size, random)?;
                for (sum, figure) in sums.iter_mut().zip(figures) {
                    *sum += figure;
                }
            }
            for (sum, column) in sums.into_iter().zip(&mut timings.0[at]) {
                column.push(sum / users as f64);
            }
            clock.leap(ENDED_MEMORY + Duration::from_secs(1));
            let purge = sessions.store().purge_expired(usize::MAX, sessions.now());
            runtime.block_on(purge)?;
        }
    }
    Ok(timings)
}

fn open(clock: LeapingClock) -> Result<Sessions<Account>, Failure> {
    let sessions = Sessions::builder(MokaStore::new())
        .timeouts(Timeouts::AAL1)
        .cap(Cap::MAX, OnCap::Refuse)
        // Of few sessions, most of a batch would be decoded already.
        .max_decoded(0)
        .clock(clock);
    Ok(sessions.build()?)
}

fn one(
    runtime: &Runtime,
    sessions: &Sessions<Account>,
    user: &Subject,
    size: usize,
    random: &mut StdRng,
) -> Result<[f64; OPERATIONS.len()], Failure> {
    runtime.block_on(async {
        let mut tokens: Vec<Token> = Vec::with_capacity(size);
        for _ in 1..size {
            tokens.push(sign_in(sessions, user, random).await?);
        }
        let last = Account::example(random);
        let watch = Stopwatch::start();
        let attempt = sessions.begin_sign_in(user).await?;
        let signed_in = sessions.complete(attempt, None, |_| last.clone()).await?;
        let entered = watch.elapsed();
        let issued = signed_in.signed_in().ok_or("a sign-in was refused")?;
        tokens.push(issued.token);

        let drawn = workload::draw(random, BATCH, size);
        let mut found = 0;
        let watch = Stopwatch::start();
        for at in &drawn {
            found += usize::from(black_box(sessions.load(&tokens[*at]).await?).is_found());
        }
        let loaded = watch.elapsed();
        let watch = Stopwatch::start();
        for at in &drawn {
            let update = sessions.update(&tokens[*at], |account| account.visits += 1);
            found += usize::from(update.await?.is_found());
        }
        let updated = watch.elapsed();
        let watch = Stopwatch::start();
        let revoked = sessions.tokens(user).revoke_all().await?;
        let ended = watch.elapsed();
        if found != 2 * BATCH || revoked.ended.len() != size {
            return Err("an operation did not do what it should".into());
        }
        let each = |took: Duration, count: usize| took.as_nanos() as f64 / count as f64;
        Ok([
            each(loaded, BATCH),
            each(updated, BATCH),
            each(entered, 1),
            each(ended, size),
        ])
    })
}

async fn sign_in(
    sessions: &Sessions<Account>,
    user: &Subject,
    random: &mut StdRng,
) -> Result<Token, Failure> {
    let data = Account::example(random);
    let attempt = sessions.begin_sign_in(user).await?;
    let signed_in = sessions.complete(attempt, None, |_| data.clone()).await?;
    Ok(signed_in.signed_in().ok_or("a sign-in was refused")?.token)
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## How the time grows with the sessions of one user\n")?;
        writeln!(
            f,
            "Nanoseconds of computing in `MokaStore`, of a user with so many sessions: median (quartiles). \
             The sign-in is one that makes the last of them, its data and its token included.\n"
        )?;
        writeln!(
            f,
            "![time by the sessions of one user](plots/one-user.svg)\n"
        )?;
        head(f, "operation", &SIZES.map(sessions))?;
        for (at, name) in OPERATIONS.into_iter().enumerate() {
            let sizes: Vec<_> = (0..SIZES.len()).collect();
            let cells: Vec<_> = sizes
                .iter()
                .map(|size| cell(self.spread(*size, at), 0))
                .collect();
            row(f, name, &cells)?;
        }
        writeln!(f)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::*;

    #[test]
    fn the_largest_set_is_as_large_as_one_may_be() {
        let _ = open(LeapingClock::default()).unwrap();
        assert!(SIZES.iter().all(|size| *size <= Cap::MAX as usize));
    }
}
