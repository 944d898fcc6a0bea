//! What the store takes beside bare commands of the `redis` crate, in one run:
//! `cargo run --release -p cloakroom-redis --example figures`. It starts a server of its own.

#![allow(clippy::print_stdout, reason = "it prints a table")]
#![allow(
    clippy::unwrap_used,
    reason = "a figure that cannot be measured is none"
)]

use std::future::Future;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cloakroom_core::store::{Cap, Create, Delete, EndReason, Update};
use cloakroom_core::{
    Clock, Payload, Placement, Record, SessionId, SessionStore, Subject, SystemClock, Timeouts,
    Timestamp, WriteId,
};
use cloakroom_redis::{RedisStore, Server};
use futures_util::{StreamExt as _, stream};
use redis::aio::MultiplexedConnection;
use redis::cmd;

const SESSIONS: usize = 10_000;
const DATA: usize = 377;

struct Stage {
    store: RedisStore,
    bare: MultiplexedConnection,
    info: MultiplexedConnection,
    records: Vec<Record>,
    now: Timestamp,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let _server = Ended(
        Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
            ])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed"),
    );
    tokio::time::sleep(Duration::from_millis(500)).await;
    let url = format!("redis://127.0.0.1:{port}");
    let stage = Stage::prepare(&url).await;
    stage.memory().await;
    println!("| in flight | what | op/s | p50 µs | p99 µs | client CPU µs | server CPU µs |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for in_flight in [1, 64, 256] {
        let ops = if in_flight == 1 { 10_000 } else { 60_000 };
        stage.all(in_flight, ops).await;
    }
}

/// Ended with the example.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Stage {
    async fn prepare(url: &str) -> Self {
        let store = RedisStore::builder(Server::standalone(url));
        let store = store
            .timeout(Duration::from_secs(10))
            .connect()
            .await
            .unwrap();
        let now = SystemClock.now();
        let mut records = Vec::new();
        for n in 0..SESSIONS {
            let record = signed_in(&store, n, now);
            let _ = store
                .begin(
                    record.subject().unwrap(),
                    now.plus(Duration::from_secs(600)),
                    now,
                )
                .await;
            let _ = store.create(&create(&record), now).await.unwrap();
            records.push(record);
        }
        let mut bare = connect(url).await;
        for n in 0..SESSIONS {
            let _: () = cmd("SET")
                .arg(name(n))
                .arg(vec![7_u8; DATA])
                .query_async(&mut bare)
                .await
                .unwrap();
        }
        let info = connect(url).await;
        Self {
            store,
            bare,
            info,
            records,
            now,
        }
    }

    async fn all(&self, in_flight: usize, ops: usize) {
        let (store, now) = (&self.store, self.now);
        let record = |n: usize| &self.records[n * 7_919 % SESSIONS];
        self.measure("bare GET", in_flight, ops, |n| async move {
            let mut bare = self.bare.clone();
            let value: Option<Vec<u8>> = cmd("GET")
                .arg(name(n * 7_919 % SESSIONS))
                .query_async(&mut bare)
                .await
                .unwrap();
            assert!(value.is_some());
        })
        .await;
        self.measure("load", in_flight, ops, |n| async move {
            let _ = store.load(record(n).id(), now).await.unwrap();
        })
        .await;
        self.measure("bare SET", in_flight, ops, |n| async move {
            let mut bare = self.bare.clone();
            let mut set = cmd("SET");
            set.arg(name(n % SESSIONS))
                .arg(vec![7_u8; DATA])
                .arg("PX")
                .arg(3_600_000);
            let _: () = set.query_async(&mut bare).await.unwrap();
        })
        .await;
        self.measure("load, then touch", in_flight, ops, |n| async move {
            let _ = store.load(record(n).id(), now).await.unwrap();
            let later = now.plus(Duration::from_millis(n as u64));
            let _ = store
                .touch(record(n).id(), record(n).subject(), later)
                .await
                .unwrap();
        })
        .await;
        self.measure("load, then update", in_flight, ops, |n| async move {
            let id = record(n).id();
            if let Ok(cloakroom_core::store::LoadOutcome::Found(there)) = store.load(id, now).await
            {
                let _ = store.update(&update(&there), now).await.unwrap();
            }
        })
        .await;
        self.measure("create, anonymous", in_flight, ops, |_| async move {
            let placement = Placement::from_bytes([0xab, 0xcd]);
            let record = Record::anonymous(id(placement), now, Timeouts::default(), payload());
            let _ = store.create(&create(&record), now).await.unwrap();
        })
        .await;
        self.measure(
            "begin, sign-in, sign-out",
            in_flight,
            ops / 3,
            |n| async move {
                let record = signed_in(store, SESSIONS + n, now);
                let until = now.plus(Duration::from_secs(600));
                let generation = store
                    .begin(record.subject().unwrap(), until, now)
                    .await
                    .unwrap();
                let request = Create {
                    generation: Some(generation),
                    ..create(&record)
                };
                let _ = store.create(&request, now).await.unwrap();
                let _ = store.load(record.id(), now).await.unwrap();
                let _ = store.delete(&delete(&record), now).await.unwrap();
            },
        )
        .await;
    }

    async fn measure<F: Future<Output = ()>>(
        &self,
        what: &str,
        in_flight: usize,
        ops: usize,
        op: impl Fn(usize) -> F,
    ) {
        let (client, server) = (own_cpu(), self.server_cpu().await);
        let began = Instant::now();
        let mut took: Vec<Duration> = stream::iter(0..ops)
            .map(|n| {
                let op = op(n);
                async move {
                    let began = Instant::now();
                    op.await;
                    began.elapsed()
                }
            })
            .buffer_unordered(in_flight)
            .collect()
            .await;
        let whole = began.elapsed().as_secs_f64();
        let (client, server) = (own_cpu() - client, self.server_cpu().await - server);
        took.sort_unstable();
        let at = |part: f64| took[((ops - 1) as f64 * part) as usize].as_secs_f64() * 1e6;
        let each = |cpu: f64| cpu * 1e6 / ops as f64;
        println!(
            "| {in_flight} | {what} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} |",
            ops as f64 / whole,
            at(0.5),
            at(0.99),
            each(client),
            each(server)
        );
    }

    /// Bytes of a session of one user, who has but this one.
    async fn memory(&self) {
        let mut info = self.info.clone();
        let record = &self.records[0];
        let tag = format!("cloakroom:{{{}}}", record.id().placement());
        let subject = record.subject().unwrap().as_str();
        for key in [
            format!("{tag}:s:{}", record.id()),
            format!("{tag}:u:{subject}"),
            name(0),
        ] {
            let mut usage = cmd("MEMORY");
            let bytes: i64 = usage
                .arg("USAGE")
                .arg(&key)
                .query_async(&mut info)
                .await
                .unwrap();
            println!("{key}: {bytes} bytes");
        }
    }

    async fn server_cpu(&self) -> f64 {
        let mut info = self.info.clone();
        let text: String = cmd("INFO").arg("cpu").query_async(&mut info).await.unwrap();
        let field = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().trim().parse().unwrap()
        };
        field("used_cpu_sys:") + field("used_cpu_user:")
    }
}

/// Of this process, in seconds: fields 14 and 15 of its `stat`, in hundredths.
fn own_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, rest) = stat.rsplit_once(')').unwrap();
    let ticks = rest.split_whitespace().skip(11).take(2);
    ticks.map(|n| n.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

async fn connect(url: &str) -> MultiplexedConnection {
    let config = redis::AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_pipeline_buffer_size(1024);
    let client = redis::Client::open(url).unwrap();
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
        .unwrap()
}

/// As long as the key of a session.
fn name(n: usize) -> String {
    format!("bare-cloakroom:{{a3f1}}:s:{n:040}")
}

fn payload() -> Payload {
    Payload {
        codec: 0,
        bytes: vec![7; DATA].into(),
    }
}

fn id(placement: Placement) -> SessionId {
    let mut bytes = [0; SessionId::LEN];
    let (low, high) = bytes.split_at_mut(16);
    low.copy_from_slice(WriteId::random().as_bytes());
    high.copy_from_slice(WriteId::random().as_bytes());
    bytes[..2].copy_from_slice(&placement.to_bytes());
    SessionId::from_stored(bytes)
}

fn signed_in(store: &RedisStore, n: usize, now: Timestamp) -> Record {
    let subject = Subject::new(format!("user-{n}")).unwrap();
    let id = id(store.placement_key().place(&subject));
    let hours = Duration::from_secs(12 * 3_600);
    let timeouts = Timeouts::new(hours, hours).unwrap();
    Record::signed_in(id, subject, now, timeouts, payload())
}

fn create(record: &Record) -> Create {
    Create {
        record: record.clone(),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    }
}

fn update(record: &Record) -> Update {
    Update {
        id: record.id(),
        subject: record.subject().cloned(),
        expected: record.revision(),
        payload: payload(),
        label: None,
        touch: true,
        write_id: WriteId::random(),
    }
}

fn delete(record: &Record) -> Delete {
    Delete {
        id: record.id(),
        subject: record.subject().cloned(),
        expected: None,
        reason: EndReason::Ended,
        write_id: WriteId::random(),
    }
}
