//! One browser, two services: a real Koa application and the Rust one, on one Redis.

#[path = "../../../crates/redis/tests/support/process.rs"]
#[expect(dead_code, reason = "the tests of the Redis store use more of it")]
mod process;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use cloakroom::Timestamp;
use cloakroom::node::{Attributes, Keygrip, KoaCookies};
use process::Process;
use serde_json::{Value, json};

/// Both services, and the Redis under them.
struct Town {
    rust: u16,
    koa: u16,
    koa_process: Child,
    redis: Process,
}

impl Town {
    async fn build() -> Self {
        let redis = Process::start(&["--save", ""]);
        let service = koa_migration::service(&redis.url())
            .await
            .expect("Redis is there");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let rust = listener.local_addr().expect("an address").port();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let (koa_process, koa) = start_koa(&redis.url());
        let town = Self {
            rust,
            koa,
            koa_process,
            redis,
        };
        town.cli(&["HSET", "passwords", "ada", "secret", "bob", "hush"]);
        town
    }

    fn cli(&self, arguments: &[&str]) -> String {
        let asked = Command::new("redis-cli")
            .args(["-u", &self.redis.url()])
            .args(arguments)
            .output();
        let answer = asked.expect("redis-cli comes with redis-server");
        String::from_utf8_lossy(&answer.stdout).trim().to_owned()
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        let _ = self.koa_process.kill();
        let _ = self.koa_process.wait();
    }
}

fn start_koa(url: &str) -> (Child, u16) {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("koa-migration");
    INSTALLED.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("koa/install.sh");
        let installed = Command::new("sh").arg(script).arg(&folder).output().expect("a shell");
        let said = String::from_utf8_lossy(&installed.stderr);
        assert!(
            installed.status.success(),
            "the Koa application is not installed. It needs Node 18 or later, with npm: `apt-get install nodejs npm`, \
             or `cargo xtask test`\n{said}"
        );
    });
    let mut child = Command::new("node")
        .args(["app.mjs", url])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node runs: `apt-get install nodejs npm`, or `cargo xtask test`");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("it is piped");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("the port");
    (
        child,
        line.trim().parse().expect("the application says its port"),
    )
}

/// A browser: what it was given for one service it sends to the other, too.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
    /// Each cookie in a header of its own, as HTTP/2 has it.
    one_by_one: bool,
}

impl Browser {
    /// The status, and what is answered.
    async fn get(&mut self, port: u16, path: &str) -> (u16, Value) {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let between = if self.one_by_one {
            "\r\nCookie: "
        } else {
            "; "
        };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nConnection: close\r\n\r\n",
            cookies.join(between)
        );
        let asked = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
            stream
                .write_all(request.as_bytes())
                .expect("it takes the request");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("it answers");
            answer
        });
        let answer = asked.await.expect("the request does not panic");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        for line in head.lines() {
            let Some((name, cookie)) = line.split_once(": ") else {
                continue;
            };
            if name.eq_ignore_ascii_case("set-cookie") {
                self.keep(cookie);
            }
        }
        let status = head
            .split(' ')
            .nth(1)
            .expect("a status")
            .parse()
            .expect("a number");
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().expect("a pair");
        let (name, value) = pair.split_once('=').expect("a name and a value");
        if cookie.contains("01 Jan 1970") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

const SIGN_IN: &str = "/sign-in?user=ada&password=secret";

fn ada(rust: u64, koa: u64) -> Value {
    json!({ "user": "ada", "counts": { "rust": rust, "koa": koa } })
}

fn nobody() -> Value {
    json!({ "user": null, "counts": null })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_browser_is_signed_in_on_both() {
    let town = Town::build().await;
    for (first, second) in [(town.koa, town.rust), (town.rust, town.koa)] {
        let mut browser = Browser::default();
        // A visitor counts on both before anybody signs in.
        browser.get(first, "/count").await;
        let (_, both) = browser.get(second, "/count").await;
        assert_eq!(
            both,
            json!({ "user": null, "counts": { "rust": 1, "koa": 1 } })
        );
        let before = browser.cookies.clone();
        let (status, signed_in) = browser.get(first, SIGN_IN).await;
        assert_eq!((status, signed_in), (200, ada(1, 1)));
        assert_ne!(
            browser.cookies["koa.sid"], before["koa.sid"],
            "the id changes"
        );
        // Both know who it is, and count on.
        assert_eq!(browser.get(second, "/me").await.1, ada(1, 1));
        browser.get(town.rust, "/count").await;
        browser.get(town.koa, "/count").await;
        assert_eq!(browser.get(first, "/me").await.1, ada(2, 2));
        // The id from before the sign-in opens nothing.
        let mut thief = Browser {
            cookies: before,
            ..Browser::default()
        };
        assert_eq!(thief.get(second, "/me").await.1, nobody());
        // Signed out on the other one, it is signed out on both, with whatever cookie.
        let mut kept = Browser {
            cookies: browser.cookies.clone(),
            ..Browser::default()
        };
        browser.get(second, "/sign-out").await;
        assert_eq!(browser.get(first, "/me").await.1, nobody());
        for port in [town.koa, town.rust] {
            let mut kept = Browser {
                cookies: kept.cookies.clone(),
                ..Browser::default()
            };
            assert_eq!(kept.get(port, "/me").await.1, nobody());
        }
        assert_eq!(kept.get(second, "/me").await.1, nobody());
        assert_eq!(town.cli(&["SCARD", "tokens:ada"]), "0");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_every_browser_on_both() {
    let town = Town::build().await;
    for (by, other, new) in [
        (town.rust, town.koa, "second"),
        (town.koa, town.rust, "third"),
    ] {
        let old = town.cli(&["HGET", "passwords", "ada"]);
        let sign_in = format!("/sign-in?user=ada&password={old}");
        let (mut laptop, mut phone, mut bob) =
            (Browser::default(), Browser::default(), Browser::default());
        assert_eq!(laptop.get(by, &sign_in).await.0, 200);
        assert_eq!(phone.get(other, &sign_in).await.0, 200);
        assert_eq!(
            bob.get(other, "/sign-in?user=bob&password=hush").await.0,
            200
        );
        assert_eq!(town.cli(&["SCARD", "tokens:ada"]), "2");
        let kept = laptop.cookies.clone();
        assert_eq!(
            laptop.get(by, &format!("/password?password={new}")).await,
            (200, nobody())
        );
        for port in [by, other] {
            assert_eq!(phone.get(port, "/me").await.1["user"], Value::Null);
            let mut kept = Browser {
                cookies: kept.clone(),
                ..Browser::default()
            };
            assert_eq!(kept.get(port, "/me").await.1["user"], Value::Null);
            assert_eq!(bob.get(port, "/me").await.1["user"], "bob");
        }
        assert_eq!(town.cli(&["SCARD", "tokens:ada"]), "0");
        assert_eq!(phone.get(other, &sign_in).await.0, 403);
        assert_eq!(
            phone
                .get(other, &format!("/sign-in?user=ada&password={new}"))
                .await
                .0,
            200
        );
        phone.get(by, "/sign-out").await;
    }
}

/// The id and its signature may come in headers of their own, beside others and in any order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_cookie_headers_are_one() {
    let town = Town::build().await;
    for (by, other) in [(town.koa, town.rust), (town.rust, town.koa)] {
        let mut browser = Browser::default();
        assert_eq!(browser.get(by, SIGN_IN).await.0, 200);
        browser.one_by_one = true;
        for name in ["a", "koa.sic", "z"] {
            browser.cookies.insert(name.to_owned(), "1".to_owned());
        }
        for port in [by, other] {
            assert_eq!(browser.get(port, "/me").await.1["user"], "ada");
        }
        assert_eq!(browser.get(other, "/sign-out").await.1, nobody());
        assert_eq!(browser.get(by, "/me").await.1, nobody());
    }
}

/// Ids that are none, rightly signed or not, and ids with a forged signature or none: nobody is signed in, and Redis hears
/// nothing of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn junk_is_refused_before_redis_is_asked() {
    let town = Town::build().await;
    let signed = |key: &str, id: &str| {
        let keygrip = Keygrip::new([key]).expect("a key");
        let cookies = KoaCookies::new("koa.sid", keygrip);
        let set = cookies.set(id, &Attributes::new(), Timestamp::EPOCH);
        let mut browser = Browser::default();
        for cookie in set.expect("cookies") {
            browser.keep(&cookie);
        }
        browser
    };
    let id = "-_D4KmjM7bd79KpH1ECoMWrViyu6CQ_z";
    let long = "a".repeat(100_000);
    let mut junk: Vec<_> = ["*", ":", "?[]{}", "a\tb", &*long]
        .iter()
        .map(|id| signed("newest key", id))
        .collect();
    junk.push(signed("somebody else's key", id));
    junk.push(signed("newest key", id));
    junk.last_mut().expect("it").cookies.remove("koa.sid.sig");
    let asked = || town.cli(&["INFO", "commandstats"]).contains("cmdstat_get:");
    town.cli(&["CONFIG", "RESETSTAT"]);
    for browser in &mut junk {
        let (status, body) = browser.get(town.rust, "/me").await;
        assert_eq!((status, body), (200, nobody()));
    }
    assert!(!asked(), "nothing of it is a session's id");
    // What could be one is asked for.
    let mut absent = signed("older key", id);
    assert_eq!(absent.get(town.rust, "/me").await.1, nobody());
    assert!(asked());
}

/// Where Koa brings a session back that has ended, neither takes it: its user's set does not have it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_comes_back_opens_nothing() {
    let town = Town::build().await;
    let mut browser = Browser::default();
    assert_eq!(browser.get(town.koa, SIGN_IN).await.0, 200);
    let key = format!("sid:{}", browser.cookies["koa.sid"]);
    let value = town.cli(&["GET", &key]);
    let mut kept = Browser {
        cookies: browser.cookies.clone(),
        ..Browser::default()
    };
    browser.get(town.rust, "/sign-out").await;
    // As the end of a slow request would.
    town.cli(&["SET", &key, &value, "EX", "900"]);
    for port in [town.rust, town.koa] {
        let mut again = Browser {
            cookies: kept.cookies.clone(),
            ..Browser::default()
        };
        assert_eq!(again.get(port, "/me").await.1, nobody());
        town.cli(&["SET", &key, &value, "EX", "900"]);
    }
    kept.keep("koa.sid=forged");
    assert_eq!(kept.get(town.rust, "/me").await.1, nobody());
}
