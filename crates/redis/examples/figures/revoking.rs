//! How long the server is busy with nothing else while a user with thousands of sessions is signed out everywhere.

use cloakroom_core::SessionStore as _;
use cloakroom_core::WriteId;
use cloakroom_core::store::{Cap, Create, OnCap, Revoke, RevokeKind};
use redis::aio::MultiplexedConnection;
use redis::cmd;

use crate::stage::{Stage, create};

const TURNS: usize = 7;

pub(crate) async fn print(stage: &Stage) {
    println!(
        "\nMilliseconds of the server, in one step, to revoke all sessions of a user; {TURNS} turns:\n"
    );
    println!("| sessions | median | most |");
    println!("| --- | --- | --- |");
    for sessions in [100, 1_000, 10_000] {
        let mut times = Vec::new();
        for _ in 0..TURNS {
            times.push(revoke(stage, sessions).await);
        }
        times.sort_by(f64::total_cmp);
        println!(
            "| {sessions} | {:.1} | {:.1} |",
            times[TURNS / 2],
            times[TURNS - 1]
        );
    }
}

/// All that the server was asked meanwhile, in milliseconds.
async fn revoke(stage: &Stage, sessions: usize) -> f64 {
    let user = stage.records.len();
    for _ in 0..sessions {
        let record = stage.signed_in(user);
        let request = Create {
            cap: Cap::new(Cap::MAX, OnCap::Refuse).unwrap(),
            ..create(&record)
        };
        let _ = stage.store.create(&request, stage.now).await.unwrap();
    }
    let request = Revoke {
        subject: stage.signed_in(user).subject().unwrap().clone(),
        kind: RevokeKind::All,
        write_id: WriteId::random(),
    };
    let mut bare = stage.bare.clone();
    let mut reset = cmd("CONFIG");
    let _: () = reset.arg("RESETSTAT").query_async(&mut bare).await.unwrap();
    let revoked = stage.store.revoke(&request, stage.now).await.unwrap();
    assert_eq!(revoked.ended.len(), sessions);
    script_time(&mut bare).await
}

async fn script_time(bare: &mut MultiplexedConnection) -> f64 {
    let mut info = cmd("INFO");
    let info: String = info.arg("commandstats").query_async(bare).await.unwrap();
    let scripts = info.lines().filter(|line| line.starts_with("cmdstat_eval"));
    let micros = scripts.map(|line| {
        let (_, rest) = line.split_once("usec=").unwrap();
        let (micros, _) = rest.split_once(',').unwrap();
        micros.parse::<f64>().unwrap()
    });
    micros.sum::<f64>() / 1_000.0
}
