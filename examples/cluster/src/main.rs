//! Two hosts share sessions on a Redis Cluster. A primary is killed, and sign-outs stay signed out.
//!
//! It starts a cluster of its own on this machine, so that it needs `redis-server` and `redis-cli`.

#![allow(clippy::print_stdout, reason = "it tells a story on the terminal")]

mod servers;

use std::error::Error;
use std::time::{Duration, Instant};

use cloakroom::redis::{RedisStore, Server};
use cloakroom::{Sessions, Subject, Token};

use servers::Cluster;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USERS: usize = 30;

#[tokio::main]
async fn main() -> Result<()> {
    println!("Starting three primaries, with a replica each …");
    let cluster = Cluster::start()?;
    let (here, there) = (host(&cluster).await?, host(&cluster).await?);

    let mut tokens = Vec::new();
    for n in 0..USERS {
        tokens.push(sign_in(&here, &format!("user-{n}")).await?);
    }
    println!("{USERS} users have signed in on one host.");

    let (out, on) = tokens.split_at(USERS / 2);
    for token in out {
        let _ = there.sign_out(token).await?;
    }
    println!(
        "On the other host, {} of them have signed out, each waiting for a replica.",
        out.len()
    );

    println!("Killing a primary …");
    cluster.kill_a_primary()?;
    let killed = Instant::now();
    let (mut back, mut alive) = (0, 0);
    for token in out {
        back += usize::from(here.load(token).await?.is_found());
    }
    for token in on {
        alive += usize::from(here.load(token).await?.is_found());
    }
    println!(
        "Every session could be asked for again after {:.1} s. Of the {} who signed out, {back} are back. \
         Of the {} others, {alive} are still signed in.",
        killed.elapsed().as_secs_f64(),
        out.len(),
        on.len(),
    );
    match back {
        0 => Ok(()),
        _ => Err("a sign-out was undone".into()),
    }
}

/// One host of the service.
async fn host(cluster: &Cluster) -> Result<Sessions<()>> {
    let store = RedisStore::builder(Server::cluster(cluster.urls()))
        .wait_for_replicas(1, Duration::from_secs(1))
        // So long that a failover fits in.
        .timeout(Duration::from_secs(20))
        .connect()
        .await?;
    Ok(Sessions::builder(store).build()?)
}

async fn sign_in(host: &Sessions<()>, name: &str) -> Result<Token> {
    let attempt = host.begin_sign_in(&Subject::new(name)?).await?;
    // … here the password would be checked …
    let signed_in = host.complete(attempt, None, |_| ()).await?.signed_in();
    Ok(signed_in.ok_or("the sign-in was refused")?.token)
}
