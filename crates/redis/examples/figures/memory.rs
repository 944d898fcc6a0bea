//! What a session takes in the memory of the server, beside the formats of other libraries for the same data.

use std::collections::HashMap;
use std::time::Duration;

use cloakroom_core::store::{Cap, Create, OnCap};
use cloakroom_core::{
    Clock as _, Payload, Record, SessionStore as _, Subject, SystemClock, Timeouts,
};
use cloakroom_redis::RedisStore;
use redis::aio::MultiplexedConnection;
use redis::cmd;
use serde_json::{Value, json};
use tower_sessions_core::session::{Id, Record as TowerSession};

use crate::server::OwnServer;
use crate::stage::{create, new_id};

const HALF_A_DAY: Duration = Duration::from_secs(12 * 3_600);

pub(crate) async fn print(server: &OwnServer) {
    let mut connection = server.connect().await;
    let data = data();
    let bytes = serde_json::to_vec(&data).unwrap();
    println!(
        "Bytes by `MEMORY USAGE` for a session of {} bytes of JSON:\n",
        bytes.len()
    );
    println!("| | session | share of the token set |");
    println!("| --- | --- | --- |");
    for sessions in [1, 2, 5, 100] {
        let (record, set) = cloakroom(server, &mut connection, sessions, &bytes).await;
        println!("| cloakroom, a user with {sessions} | {record} | {set:.0} |");
    }
    let express = serde_json::to_vec(&express(&data)).unwrap();
    let usage = stored(
        &mut connection,
        &format!("sess:{}", "x".repeat(32)),
        &express,
    )
    .await;
    println!("| connect-redis | {usage} | has none |");
    let tower = rmp_serde::to_vec(&tower(&data)).unwrap();
    let usage = stored(&mut connection, &Id(i128::MAX / 3).to_string(), &tower).await;
    println!("| tower-sessions-redis-store | {usage} | has none |");
    let usage = stored(&mut connection, &"x".repeat(22), &bytes).await;
    println!("| the JSON alone, under a key of 22 bytes | {usage} | |");
}

/// Of an account as web applications keep them.
fn data() -> Value {
    json!({
        "user": 48_213,
        "name": "Ada Lovelace",
        "email": "ada.lovelace@example.org",
        "roles": ["customer", "reviewer"],
        "locale": "en-GB",
        "csrf": "c2Vzc2lvbiBkYXRhIG9mIGFuIGhvbmVzdCBsZW5ndGgu",
        "cart": [
            {"article": 100_231, "count": 2, "price": "12.90"},
            {"article": 100_977, "count": 1, "price": "149.00"},
        ],
        "seen": [100_231, 100_977, 99_120, 87_331, 100_001],
        "flash": "Your address has been changed.",
    })
}

/// As express-session gives it to connect-redis, which stores it as JSON under `sess:` and an id of 32 bytes.
fn express(data: &Value) -> Value {
    let mut session = json!({
        "cookie": {
            "originalMaxAge": 43_200_000,
            "expires": "2026-11-29T04:00:00.000Z",
            "httpOnly": true,
            "path": "/",
        },
    });
    if let (Some(session), Some(data)) = (session.as_object_mut(), data.as_object()) {
        session.extend(data.clone());
    }
    session
}

/// As tower-sessions-redis-store stores it: MessagePack of the record, under the id.
fn tower(data: &Value) -> TowerSession {
    let data = data.as_object().unwrap().clone();
    TowerSession {
        id: Id(i128::MAX / 3),
        data: data.into_iter().collect::<HashMap<_, _>>(),
        expiry_date: time::OffsetDateTime::now_utc() + HALF_A_DAY,
    }
}

/// A session of a user who has so many, and its share of the token set.
async fn cloakroom(
    server: &OwnServer,
    connection: &mut MultiplexedConnection,
    sessions: usize,
    bytes: &[u8],
) -> (i64, f64) {
    let store = RedisStore::connect(&server.url).await.unwrap();
    let subject = Subject::new(format!("user-{sessions}")).unwrap();
    let placement = store.placement_key().place(&subject);
    let now = SystemClock.now();
    let mut last = None;
    for n in 0..sessions {
        let payload = Payload {
            codec: 0,
            bytes: bytes.to_vec().into(),
        };
        let timeouts = Timeouts::new(HALF_A_DAY, HALF_A_DAY).unwrap();
        let record = Record::signed_in(
            new_id(placement, n),
            subject.clone(),
            now,
            timeouts,
            payload,
        );
        let request = Create {
            cap: Cap::new(Cap::MAX, OnCap::Refuse).unwrap(),
            ..create(&record)
        };
        let _ = store.create(&request, now).await.unwrap();
        last = Some(record.id());
    }
    let (tag, id) = (format!("cloakroom:{{{placement}}}"), last.unwrap());
    let record = usage(connection, &format!("{tag}:s:{id}")).await;
    let set = usage(connection, &format!("{tag}:u:{}", subject.as_str())).await;
    (record, set as f64 / sessions as f64)
}

async fn stored(connection: &mut MultiplexedConnection, key: &str, value: &[u8]) -> i64 {
    let mut set = cmd("SET");
    set.arg(key).arg(value).arg("EX").arg(HALF_A_DAY.as_secs());
    let _: () = set.query_async(connection).await.unwrap();
    usage(connection, key).await
}

/// With all members of a set, not only some of them.
async fn usage(connection: &mut MultiplexedConnection, key: &str) -> i64 {
    let mut usage = cmd("MEMORY");
    usage.arg("USAGE").arg(key).arg("SAMPLES").arg(0);
    usage.query_async(connection).await.unwrap()
}
