//! How much memory the store takes for what it only remembers:
//! `cargo run --release -p cloakroom-moka --example memories`. On Linux.
//!
//! Each figure comes from a fresh process, since memory that an earlier store gave back would hide what
//! a later one takes. It is the growth of the resident set for each memory, everything included.
#![expect(
    clippy::print_stdout,
    reason = "a terminal program talks to its terminal"
)]

use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use cloakroom_core::{ManualClock, Renewal, Sessions, SignOut, Subject};
use cloakroom_moka::MokaStore;

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

const KINDS: [&str; 3] = ["ended", "begun", "renewed"];

/// The hash maps of the store double: just before that they are full, and just after it half empty.
const COUNTS: [u32; 3] = [500_000, 880_000, 1_000_000];

/// Renewals of one session follow one another, as they do in a service.
const RENEWALS_EACH: u32 = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    if let [kind, count] = words.as_slice() {
        return remember(kind, count.parse()?).await;
    }
    for kind in KINDS {
        for count in COUNTS {
            let child = Command::new(env::current_exe()?)
                .args([kind, &count.to_string()])
                .output()?;
            if !child.status.success() {
                return Err(String::from_utf8_lossy(&child.stderr).into());
            }
            let grown: u32 = String::from_utf8_lossy(&child.stdout).trim().parse()?;
            let each = f64::from(grown) / f64::from(count);
            println!("{kind}, {count} of them: {each:.0} bytes each");
        }
    }
    Ok(())
}

/// Makes so many memories of a kind, and prints by how many bytes that made this process grow.
async fn remember(kind: &str, count: u32) -> Result<()> {
    let store = MokaStore::builder()
        .unbounded_anonymous()
        .max_memories(u64::from(count) * 2)
        .build()?;
    // It stands still, so that nothing is forgotten.
    let sessions = Sessions::<()>::builder(store)
        .clock(ManualClock::new())
        .build()?;
    let before = resident_bytes()?;
    match kind {
        "ended" => end(&sessions, count).await?,
        "begun" => begin(&sessions, count).await?,
        "renewed" => renew(&sessions, count).await?,
        _ => return Err(format!("there is no memory `{kind}`").into()),
    }
    println!("{}", resident_bytes()?.saturating_sub(before));
    Ok(())
}

/// Sessions that have ended.
async fn end(sessions: &Sessions<()>, count: u32) -> Result<()> {
    for _ in 0..count {
        let visit = sessions.create(()).await?;
        if !matches!(
            sessions.sign_out(&visit.token).await?,
            SignOut::SignedOut { .. }
        ) {
            return Err("a session was not there".into());
        }
    }
    Ok(())
}

/// Sign-ins that have begun, each of another user.
async fn begin(sessions: &Sessions<()>, count: u32) -> Result<()> {
    let mut attempts = Vec::new();
    for number in 0..count {
        let subject = Subject::new(format!("user-{number:07}"))?;
        let attempt = sessions.begin_sign_in(&subject).await?;
        if number == 0 {
            attempts.push(attempt);
        }
    }
    // The oldest is still known.
    for attempt in attempts {
        let sign_in = sessions.complete(attempt, None, |_| ()).await?;
        let _ = sign_in.signed_in().ok_or("the oldest was forgotten")?;
    }
    Ok(())
}

/// Old ids of sessions that live. Their own size is in the figure too, a hundredth of it each.
async fn renew(sessions: &Sessions<()>, count: u32) -> Result<()> {
    for _ in 0..count / RENEWALS_EACH {
        let first = sessions.create(()).await?.token;
        let mut token = first.clone();
        for _ in 0..RENEWALS_EACH {
            match sessions.renew(&token, Duration::ZERO).await? {
                Renewal::Renewed(issued) => token = issued.token,
                _ => return Err("a session was not renewed".into()),
            }
        }
        if sessions.load(&first).await?.is_found() {
            return Err("an old token still opens the session".into());
        }
    }
    Ok(())
}

/// The resident set, exact.
fn resident_bytes() -> Result<u64> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB"));
    let kib: u64 = kib.ok_or("no Rss in smaps_rollup")?.trim().parse()?;
    Ok(kib * 1024)
}
