//! The real middleware is asked what it does at the end of a request with a stored session, for sessions and options
//! that were made at random, and Rust does the same: the same lifetime, the same data, the same cookies.

mod support;

use cloakroom_core::{ManualClock, Timestamp};
use cloakroom_node::{
    Attributes, ExpressCookies, ExpressSecrets, Keygrip, KoaCookies, Layout, NodeSession, NodeStore,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use redis::aio::MultiplexedConnection;
use serde_json::{Value, json};
use support::node::Oracle;
use support::sessions::sid;
use support::{Place, ask};

const NOW: u64 = 1_800_000_000_000;
const CASES: usize = 600;
const DAY: f64 = 24.0 * 3600.0 * 1000.0;

/// The lifetime of what Redis refuses to write, so that the request fails.
const REFUSED: i64 = -3;

/// What becomes of the key and of the browser's cookies.
#[derive(Debug, PartialEq)]
struct End {
    /// Seconds; -1 for ever, -2 deleted, [`REFUSED`].
    lifetime: i64,
    /// Nothing where nothing was written.
    value: Option<Value>,
    /// Nothing where no cookie can be set.
    set: Option<Vec<String>>,
}

/// Nothing where the request fails.
type Outcome = Option<End>;

impl End {
    fn over(self) -> Self {
        Self {
            lifetime: -2,
            value: None,
            ..self
        }
    }

    fn each_cookie(&mut self, change: impl Fn(&str) -> String) {
        for cookie in self.set.iter_mut().flatten() {
            *cookie = change(cookie);
        }
    }
}

struct Side {
    store: NodeStore,
    redis: MultiplexedConnection,
    stack: &'static str,
    options: Value,
    oracle: Oracle,
}

impl Side {
    async fn new(stack: &'static str, layout: Layout, options: Value) -> Self {
        let place = Place::new();
        let clock = ManualClock::at(Timestamp::from_millis(NOW));
        let builder = place.builder(layout.key_prefix("")).clock(clock);
        Self {
            store: builder.connect().await.expect("the server is there"),
            redis: place.redis().await,
            stack,
            options,
            oracle: Oracle::middleware(),
        }
    }

    fn koa(&self) -> KoaCookies {
        let name = match self.stack {
            "koa-generic" => "koa.sid",
            _ => "koa.sess",
        };
        KoaCookies::new(name, Keygrip::new(["key"]).expect("a key"))
            .secure(self.options["tls"] == true)
    }

    fn set(&self, session: &NodeSession) -> Option<Vec<String>> {
        self.set_by(&session.attributes().ok()?)
    }

    fn set_by(&self, attributes: &Attributes) -> Option<Vec<String>> {
        let now = Timestamp::from_millis(NOW);
        match self.stack {
            "express" => {
                let secrets = ExpressSecrets::new(["key"]).expect("a secret");
                let cookies = ExpressCookies::new("connect.sid", secrets);
                cookies
                    .set("abc", attributes, now)
                    .ok()
                    .map(|set| vec![set])
            }
            _ => self.koa().set("abc", attributes, now).ok(),
        }
    }

    async fn ours(&mut self, stored: &str) -> Outcome {
        let put: &[&[u8]] = &[b"SET", b"abc", stored.as_bytes(), b"EX", b"50"];
        let () = ask(&mut self.redis, put).await;
        let Ok(loaded) = self.store.load(&sid("abc")).await else {
            return None;
        };
        let mut session = loaded.found().expect("it is there");
        let touches = self.stack == "express" && self.options["resave"] != true;
        match touches {
            true => drop(self.store.touch(&mut session).await.ok()?),
            false => drop(self.store.save(&mut session).await.ok()?),
        }
        let left: i64 = ask(&mut self.redis, &[b"PTTL", b"abc"]).await;
        let written: Option<String> = ask(&mut self.redis, &[b"GET", b"abc"]).await;
        Some(End {
            lifetime: (left as f64 / 1000.0).ceil() as i64 + i64::from(left < 0) * left,
            value: written
                .filter(|_| !touches)
                .map(|text| serde_json::from_str(&text).expect("JSON")),
            set: self.set(&session),
        })
    }

    fn theirs(&mut self, stored: &str) -> Outcome {
        let header = self.set_by(&Attributes::new()).expect("cookies");
        let answer = self.oracle.ask(&json!({
            "stack": self.stack, "options": self.options, "stored": stored, "now": NOW,
            "header": support::node::header_of(&header),
        }));
        let set = Some(support::node::strings(&answer["set"])).filter(|set| !set.is_empty());
        let command = answer["commands"].as_array().and_then(|all| all.last());
        if command.is_none() && answer.get("error").is_some() {
            return None;
        }
        let word = |at: usize| {
            command
                .and_then(|words| words.get(at))
                .cloned()
                .unwrap_or_default()
        };
        let value = word(2)
            .as_str()
            .map(|text| serde_json::from_str(text).expect("JSON"));
        let lifetime = match word(0).as_str() {
            // What is no time or over ends the session, or fails.
            Some("EXPIRE") => word(2).as_i64().filter(|left| *left > 0).unwrap_or(-2),
            // What a store of the application's own makes of it: koa-redis fails.
            Some("SET") if word(3).is_null() || word(4) == "session" => -1,
            // Redis counts no further.
            Some("SET") => match word(4).as_i64().filter(|left| *left < 1 << 53)? {
                ..=0 => REFUSED,
                left => left,
            },
            Some("DEL") => -2,
            other => panic!("{other:?} of {stored}"),
        };
        Some(End {
            lifetime,
            value,
            set,
        })
    }
}

fn members(names: &[(&'static str, &[&'static str])]) -> impl Strategy<Value = String> + use<> {
    let each: Vec<_> = names
        .iter()
        .map(|(name, values)| {
            let name = *name;
            let some = select(values.to_vec());
            prop_oneof![
                2 => Just(None),
                3 => some.prop_map(move |value| Some(format!("\"{name}\":{value}"))),
            ]
        })
        .collect();
    each.prop_map(|all| {
        format!(
            "{{{}}}",
            all.into_iter().flatten().collect::<Vec<_>>().join(",")
        )
    })
}

const LIFETIMES: &[&str] = &[
    "null", "0", "-0", "1", "999", "1000", "1001", "1500.5", "1000.5", "3600000", "-1", "-5000",
    "-0.4", "\"1000\"", "\"\"", "true", "false", "[]", "1e20", "1e300", "8e14",
];
const DATES: &[&str] = &[
    "null",
    "\"\"",
    "\"2027-01-15T08:01:00.000Z\"",
    "\"2027-01-15T07:59:00.000Z\"",
    "\"2027-01-15T08:00:00.500Z\"",
    "\"2027-01-15T08:00:00.000Z\"",
    "\"2027-01-15T07:59:59.500Z\"",
    "\"Fri, 15 Jan 2027 08:01:00 GMT\"",
    "5",
    "true",
    "\"2027-01-15T08:01:00Z\"",
    "\"2027-01-15T10:01:00+02:00\"",
    "\"2027-01-16\"",
    "\"2027-01-15 08:01\"",
    "\"tomorrow\"",
];
/// Those of them that are no dates of the language's own.
const STRANGE: &[&str] = &["2027-01-15 08:01", "tomorrow"];
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("path", &["\"/\"", "\"/app\"", "\"\"", "null", "\"/;\""]),
    (
        "domain",
        &[
            "\"example.test\"",
            "\".example.test\"",
            "\"bad domain\"",
            "null",
            "\"\"",
        ],
    ),
    (
        "sameSite",
        &[
            "true",
            "false",
            "\"lax\"",
            "\"Strict\"",
            "\"none\"",
            "\"odd\"",
            "null",
            "\"\"",
        ],
    ),
    ("priority", &["\"low\"", "\"HIGH\"", "\"odd\"", "null"]),
    (
        "httpOnly",
        &["true", "false", "null", "0", "\"\"", "\"no\""],
    ),
    ("partitioned", &["true", "false", "null"]),
];

fn stored(more: &[(&'static str, &[&'static str])]) -> impl Strategy<Value = String> + use<> {
    let cookie = members(&[ATTRIBUTES, more].concat());
    let odd =
        select(vec!["null", "0", "\"\"", "5", "\"x\"", "false", "true"]).prop_map(str::to_owned);
    prop_oneof![30 => cookie, 1 => odd]
        .prop_map(|cookie| format!("{{\"cookie\":{cookie},\"a\":1}}"))
}

/// Numbers by what they are, not by how they are written.
fn as_floats(value: &mut Value) {
    match value {
        Value::Number(number) => *value = json!(number.as_f64()),
        Value::Object(members) => members.values_mut().for_each(as_floats),
        _ => {}
    }
}

async fn each(
    mut side: Side,
    values: impl Strategy<Value = String>,
    expected: impl Fn(&Value, Outcome) -> Outcome,
    same: impl Fn(&mut Value),
) {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let (mut fine, mut failures) = (0, Vec::new());
    for _ in 0..CASES {
        let stored = values.new_tree(&mut runner).expect("a case").current();
        let (mut theirs, mut ours) = (side.theirs(&stored), side.ours(&stored).await);
        for end in [&mut theirs, &mut ours] {
            if let Some(value) = end.as_mut().and_then(|end| end.value.as_mut()) {
                as_floats(value);
                same(value);
            }
        }
        fine += usize::from(theirs.is_some() && theirs == ours);
        let mut parsed = serde_json::from_str(&stored).expect("JSON");
        as_floats(&mut parsed);
        let (shown, expected) = (format!("{theirs:?}"), expected(&parsed, theirs));
        if expected != ours {
            failures.push(format!(
                "{stored}\n  theirs   {shown}\n  expected {expected:?}\n  ours     {ours:?}"
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {CASES} differ:\n{}",
        failures.len(),
        failures
            .iter()
            .take(12)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
    assert!(
        fine > CASES / 10,
        "only {fine} were right: that shows little"
    );
}

/// `if (value)`
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// What koa-generic-session makes of a session here, where it is not what Node makes of it. Each is in the
/// documentation of the format, under "Where this crate is stricter than Node".
fn generic_here(stored: &Value, ttl: bool, signed: &[String], theirs: Outcome) -> Outcome {
    let mut end = theirs?;
    let cookie = &stored["cookie"];
    // A date that is none, which browsers pass over, is left out.
    end.each_cookie(|cookie| cookie.replace("; expires=Invalid Date", ""));
    if !cookie.is_object() {
        // The cookie is signed: without that, Node does not take it again.
        assert_eq!(end.set.as_deref(), signed.get(..1));
        end.set = Some(signed.to_vec());
        return Some(end);
    }
    let said = [&cookie["maxage"], &cookie["maxAge"]];
    let max_age = said.into_iter().find(|said| is_truthy(said));
    let expires = &cookie["expires"];
    let is_strange = expires.as_str().is_some_and(|text| STRANGE.contains(&text));
    match (is_strange, ttl) {
        // Nobody can say here when it ends.
        (true, false) => return None,
        // It stays as it is; the cookie is set where a lifetime says until when.
        (true, true) => {
            end.value.as_mut().expect("it is written")["cookie"]["expires"] = expires.clone();
            if max_age.is_none() {
                end.set = None;
            }
            return Some(end);
        }
        (false, _) => {}
    }
    // No date in the place of one makes no key that never goes where there is a lifetime.
    let millis = max_age.and_then(Value::as_f64);
    if expires == "" && !ttl {
        let seconds = millis.map(|millis| (millis / 1000.0).ceil());
        match seconds {
            None => {}
            Some(seconds) if seconds > 1e12 => return None,
            Some(seconds) if seconds > 0.0 => end.lifetime = seconds as i64,
            Some(_) => return Some(end.over()),
        }
    }
    // What is over now, or by less than a second, is over, and makes no key that never goes.
    let is_just_over = match expires.as_str() {
        Some("2027-01-15T08:00:00.000Z" | "2027-01-15T07:59:59.500Z") => true,
        Some(date) if !date.is_empty() => false,
        _ => millis.is_some_and(|millis| millis < 0.0 && millis > -1000.0),
    };
    let is_over = end.lifetime == REFUSED || (end.lifetime == -1 && !ttl && is_just_over);
    Some(if is_over { end.over() } else { end })
}

#[tokio::test(flavor = "multi_thread")]
async fn koa_generic() {
    let more: &[(&str, &[&str])] = &[
        ("maxAge", LIFETIMES),
        ("maxage", LIFETIMES),
        ("expires", DATES),
        ("signed", &["true", "false", "null"]),
        ("overwrite", &["true", "false"]),
        ("secure", &["true", "false", "null"]),
    ];
    for ttl in [None, Some(90_500)] {
        let mut options = json!({ "rolling": true, "prefix": "", "tls": true });
        let mut layout = Layout::koa_generic();
        if let Some(ttl) = ttl {
            options["ttl"] = ttl.into();
            layout = layout.ttl(std::time::Duration::from_millis(ttl));
        }
        let side = Side::new("koa-generic", layout, options).await;
        let signed = side.set_by(&Attributes::new()).expect("cookies");
        let expected =
            |stored: &Value, theirs| generic_here(stored, ttl.is_some(), &signed, theirs);
        each(side, stored(more), expected, |_| {}).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn express() {
    let more: &[(&str, &[&str])] = &[
        ("originalMaxAge", LIFETIMES),
        ("expires", DATES),
        ("secure", &["true", "false", "null"]),
    ];
    for (resave, ttl) in [(true, None), (false, Some(300)), (true, Some(300))] {
        let mut options = json!({ "rolling": true, "resave": resave, "tls": true });
        let mut layout = Layout::express();
        if let Some(ttl) = ttl {
            options["ttl"] = ttl.into();
            layout = layout.ttl(std::time::Duration::from_secs(ttl));
        }
        let side = Side::new("express", layout, options).await;
        // What Node puts into each cookie is there in every session that it has written, and a part of a millisecond
        // is in none.
        let fill = |value: &mut Value| {
            let Some(cookie) = value["cookie"].as_object_mut() else {
                return;
            };
            cookie.entry("path").or_insert("/".into());
            cookie.entry("httpOnly").or_insert(true.into());
            if let Some(Value::Number(max_age)) = cookie.get_mut("originalMaxAge") {
                *max_age = serde_json::Number::from_f64(max_age.as_f64().unwrap().trunc()).unwrap();
            }
        };
        // What is over at once ends at the present there, and at the beginning of time here.
        let expected = |stored: &Value, theirs: Outcome| {
            let mut end = theirs?;
            if stored["cookie"]["originalMaxAge"].as_f64() == Some(0.0) {
                assert_eq!(end.lifetime, -2);
                let (present, past) = (
                    "Expires=Fri, 15 Jan 2027 08:00:00 GMT",
                    "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
                );
                end.each_cookie(|cookie| cookie.replace(present, past));
            }
            Some(end)
        };
        each(side, stored(more), expected, fill).await;
    }
}

/// What koa-session makes of a session here, where it is not what Node makes of it.
fn koa_session_here(stored: &Value, max_age: Option<f64>, theirs: Outcome) -> Outcome {
    let mut end = theirs?;
    let said = match stored.get("_maxAge") {
        Some(said) => is_truthy(said).then(|| said.as_f64()).flatten(),
        // The last of the two counts, and that is `_maxAge` in the sessions here.
        None if stored.get("_session").is_some() => return Some(end),
        None => max_age,
    };
    if said.is_some_and(|said| said < 0.0) {
        // It is over: Node keeps it for up to ten seconds more, and takes it no more.
        return Some(end.over());
    }
    if said.is_none() {
        // Nobody says a lifetime: the session's is a day, and so is its cookie's; Node's first cookie ends with the
        // browser.
        assert_eq!(end.lifetime, (DAY / 1000.0) as i64 + 10);
        let until = "; path=/; expires=Sat, 16 Jan 2027 08:00:00 GMT";
        end.each_cookie(|cookie| cookie.replace("; path=/", until));
    }
    Some(end)
}

#[tokio::test(flavor = "multi_thread")]
async fn koa_session() {
    let values = || {
        members(&[
            ("_session", &["true"]),
            ("_maxAge", LIFETIMES),
            (
                "_expire",
                &["1800000000000", "1900000000000", "\"x\"", "null"],
            ),
            ("a", &["1", "\"x\""]),
            ("_private", &["1"]),
        ])
    };
    for max_age in [None, Some(3_600_000)] {
        let mut options = json!({ "rolling": true });
        let mut layout = Layout::koa_session();
        if let Some(max_age) = max_age {
            options["maxAge"] = max_age.into();
            let max_age = std::time::Duration::from_millis(max_age);
            layout = layout.cookie(Attributes::new().max_age(max_age));
        }
        let side = Side::new("koa-session", layout, options).await;
        let without_private = |value: &mut Value| {
            value.as_object_mut().expect("an object").remove("_private");
        };
        let max_age = max_age.map(|max_age| max_age as f64);
        let expected = |stored: &Value, theirs| koa_session_here(stored, max_age, theirs);
        each(side, values(), expected, without_private).await;
    }
}
