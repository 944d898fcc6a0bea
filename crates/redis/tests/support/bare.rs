//! A server without a store: for what a script does by itself.

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, Value, cmd};

use super::process::Process;
use super::tamper::connect;

pub(crate) const HOUR: i64 = 3_600_000;
/// How far a time to live may be from what was expected, on a busy machine.
const SLACK: i64 = 30_000;

pub(crate) struct Bare {
    pub(crate) redis: MultiplexedConnection,
    /// Milliseconds, by the server's clock as the test began.
    pub(crate) now: i64,
    _server: Process,
}

impl Bare {
    pub(crate) async fn new() -> Self {
        let server = Process::start(&["--save", ""]);
        let mut redis = connect(&server.url()).await;
        let time = cmd("TIME").query_async(&mut redis).await;
        let (seconds, micros): (i64, i64) = time.expect("the server tells the time");
        Self {
            redis,
            now: seconds * 1_000 + micros / 1_000,
            _server: server,
        }
    }

    pub(crate) async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> T {
        let answer = command.query_async(&mut self.redis).await;
        answer.expect("the server answers")
    }

    /// `NOW` and `NOW+n` are times, and so are these with a minus before them.
    pub(crate) fn words(&self, text: &str) -> Vec<Vec<u8>> {
        let time = |word: &str| {
            let at = |after: i64, sign: i64| (sign * (self.now + after)).to_string();
            let (sign, rest) = match word.strip_prefix('-') {
                Some(rest) => (-1, rest),
                None => (1, word),
            };
            match rest.strip_prefix("NOW") {
                None => word.to_owned(),
                Some("") => at(0, sign),
                Some(after) => at(after.parse().expect("milliseconds"), sign),
            }
        };
        text.split_whitespace()
            .map(|word| time(word).into_bytes())
            .collect()
    }

    pub(crate) async fn run(&mut self, text: &str) {
        let mut command = Cmd::new();
        command.arg(self.words(text));
        let _: Value = self.ask(&command).await;
    }

    pub(crate) async fn members(&mut self, key: &str) -> Vec<String> {
        self.ask(cmd("ZRANGE").arg(key).arg(0).arg(-1)).await
    }

    /// That a key is kept until so long after `now`.
    pub(crate) async fn is_kept(&mut self, key: &str, after: i64) {
        let lives: i64 = self.ask(cmd("PTTL").arg(key)).await;
        let off = lives - after;
        assert!((-SLACK..=0).contains(&off), "{key}: {lives}, not {after}");
    }
}
