//! The options of the middleware, one by one: what Node does with a session that begins, with one that is used, and with
//! the cookies of a request, Rust does as well.

mod support;

use std::time::Duration;

use cloakroom_core::{ManualClock, Timestamp};
use cloakroom_node::{
    Attributes, ExpressCookies, ExpressSecrets, Keygrip, KoaCookies, Layout, NodeSession,
    NodeStore, SameSite, Sid,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use support::node::{Oracle, header_of, strings};
use support::sessions::sid;
use support::{Place, ask};

const NOW: u64 = 1_800_000_000_000;
const ID: &str = "made-by_an.option~1";

/// The same options on both sides.
#[derive(Clone)]
struct Options {
    stack: &'static str,
    node: Value,
    layout: Layout,
    cookies: Cookies,
}

#[derive(Clone)]
enum Cookies {
    Koa(KoaCookies),
    Express(ExpressCookies),
}

impl Cookies {
    fn set(&self, id: &str, attributes: &Attributes) -> Vec<String> {
        let now = Timestamp::from_millis(NOW);
        match self {
            Self::Koa(cookies) => cookies.set(id, attributes, now).expect("cookies"),
            Self::Express(cookies) => vec![cookies.set(id, attributes, now).expect("a cookie")],
        }
    }

    /// The id of the session that a request names, and what is set at once.
    fn read(&self, header: &str) -> (Option<Sid>, Vec<String>) {
        let parse = |value: Option<&str>| value.and_then(|value| Sid::parse(value).ok());
        match self {
            Self::Koa(cookies) => {
                let reading = cookies.read(header.as_bytes());
                (parse(reading.value()), reading.set_cookie().to_vec())
            }
            Self::Express(cookies) => {
                let reading = cookies.read(header.as_bytes());
                (parse(reading.value()), Vec::new())
            }
        }
    }
}

fn keygrip() -> Keygrip {
    Keygrip::new(["newest", "older"]).expect("keys")
}

fn generic(node: Value, layout: Layout) -> Options {
    let cookies = Cookies::Koa(KoaCookies::new("koa.sid", keygrip()));
    Options {
        stack: "koa-generic",
        node,
        layout,
        cookies,
    }
}

fn koa_session(node: Value, layout: Layout) -> Options {
    let cookies = Cookies::Koa(KoaCookies::new("koa.sess", keygrip()));
    Options {
        stack: "koa-session",
        node,
        layout,
        cookies,
    }
}

fn express(node: Value, layout: Layout) -> Options {
    let secrets = ExpressSecrets::new(["newest", "older"]).expect("secrets");
    let cookies = Cookies::Express(ExpressCookies::new("connect.sid", secrets));
    Options {
        stack: "express",
        node,
        layout,
        cookies,
    }
}

impl Options {
    fn named(self, name: &str) -> Self {
        let cookies = match self.cookies {
            Cookies::Koa(_) => Cookies::Koa(KoaCookies::new(name, keygrip())),
            Cookies::Express(_) => {
                let secrets = ExpressSecrets::new(["newest", "older"]).expect("secrets");
                Cookies::Express(ExpressCookies::new(name, secrets))
            }
        };
        Self { cookies, ..self }
    }

    fn unsigned(self) -> Self {
        let cookies = match self.cookies {
            Cookies::Koa(cookies) => Cookies::Koa(cookies.signed(false)),
            express => express,
        };
        Self { cookies, ..self }
    }

    fn ask(&self, oracle: &mut Oracle, more: &Value) -> Value {
        let mut question = json!({
            "stack": self.stack, "options": self.node, "now": NOW, "keys": ["newest", "older"],
        });
        let members = more.as_object().expect("an object").clone();
        question.as_object_mut().expect("an object").extend(members);
        let answer = oracle.ask(&question);
        assert_eq!(answer.get("error"), None, "{question}");
        answer
    }

    async fn store(&self, place: &Place) -> NodeStore {
        let clock = ManualClock::at(Timestamp::from_millis(NOW));
        let builder = place.builder(self.layout.clone()).clock(clock);
        builder.connect().await.expect("the server is there")
    }
}

/// Every option that says something of a session that begins, or of its cookie.
fn all() -> Vec<Options> {
    let hour = || Attributes::new().max_age(Duration::from_hours(1));
    let shop = || {
        let shop = hour().domain("example.test").path("/").secure(false);
        shop.same_site(SameSite::Lax).http_only(false)
    };
    let hour_ms = 3_600_000;
    let shop_options = json!({
        "maxAge": hour_ms, "domain": "example.test", "path": "/", "secure": false, "sameSite": "lax",
        "httpOnly": false,
    });
    let k = Layout::koa_generic;
    let s = Layout::koa_session;
    let e = Layout::express;
    vec![
        generic(json!({}), k()),
        generic(json!({ "prefix": "sid:" }), k().key_prefix("sid:")),
        generic(json!({ "prefix": "a{b}*:" }), k().key_prefix("a{b}*:")),
        generic(json!({ "key": "sid" }), k()).named("sid"),
        generic(json!({ "rolling": true }), k()),
        generic(json!({ "allowEmpty": true }), k()),
        generic(
            json!({ "ttl": 90_500 }),
            k().ttl(Duration::from_millis(90_500)),
        ),
        generic(
            json!({ "cookie": { "maxAge": hour_ms } }),
            k().cookie(hour()),
        ),
        generic(
            json!({ "cookie": { "maxAge": null } }),
            k().until_browser_ends(),
        ),
        generic(json!({ "cookie": shop_options }), k().cookie(shop())),
        generic(
            json!({ "cookie": { "signed": false } }),
            k().cookie(Attributes::new().signed(false)),
        )
        .unsigned(),
        generic(json!({ "cookie": { "overwrite": false } }), k()),
        express(json!({}), e()),
        express(json!({ "prefix": "app:" }), e().key_prefix("app:")),
        express(json!({ "prefix": "" }), e().key_prefix("")),
        express(json!({ "name": "sid" }), e()).named("sid"),
        express(json!({ "ttl": 300 }), e().ttl(Duration::from_secs(300))),
        express(json!({ "disableTTL": true }), e().without_ttl()),
        express(
            json!({ "cookie": { "maxAge": hour_ms } }),
            e().cookie(hour()),
        ),
        express(json!({ "cookie": shop_options }), e().cookie(shop())),
        express(json!({ "resave": true, "rolling": true }), e()),
        express(json!({ "resave": true, "saveUninitialized": true }), e()),
        express(json!({ "saveUninitialized": true, "rolling": true }), e()),
        koa_session(json!({}), s()),
        koa_session(json!({ "key": "sid" }), s()).named("sid"),
        koa_session(json!({ "rolling": true }), s()),
        koa_session(json!({ "renew": true }), s()),
        koa_session(json!({ "maxAge": hour_ms }), s().cookie(hour())),
        koa_session(
            json!({ "maxAge": hour_ms, "renew": true }),
            s().cookie(hour()),
        ),
        koa_session(json!({ "maxAge": "session" }), s().until_browser_ends()),
        koa_session(json!({ "overwrite": false }), s()),
        koa_session(json!({ "signed": false }), s()).unsigned(),
        koa_session(
            json!({ "maxAge": hour_ms, "domain": "example.test", "httpOnly": false, "sameSite": "lax", "secure": false }),
            s().cookie(shop()),
        ),
    ]
}

/// What is written under a key, and for how many seconds: -1 for ever.
type Written = (String, Value, i64);

fn last_write(answer: &Value) -> Option<Written> {
    let words = answer["commands"].as_array()?.last()?.as_array()?;
    let text = |at: usize| words.get(at).and_then(Value::as_str);
    assert_eq!(text(0), Some("SET"), "{answer}");
    let lifetime = words.get(4).filter(|ttl| *ttl != "session");
    let value = serde_json::from_str(text(2)?).expect("JSON");
    Some((
        text(1)?.to_owned(),
        value,
        lifetime.and_then(Value::as_i64).unwrap_or(-1),
    ))
}

async fn there(place: &Place, key: &str) -> Written {
    let mut redis = place.redis().await;
    let value: String = ask(&mut redis, &[b"GET", key.as_bytes()]).await;
    let left: i64 = ask(&mut redis, &[b"PTTL", key.as_bytes()]).await;
    let value = serde_json::from_str(&value).expect("JSON");
    let seconds = (left as f64 / 1000.0).ceil() as i64;
    (key.to_owned(), value, if left < 0 { left } else { seconds })
}

fn changed(session: &mut NodeSession) {
    let data = session.data_mut();
    data.set("changed", &true).expect("Node keeps it");
}

/// What Node does otherwise, in each of these tests: see the documentation of the format.
fn as_here(
    options: &Options,
    mut written: Written,
    mut set: Vec<String>,
) -> (Written, Vec<String>) {
    // Whether a cookie replaces those that the same answer has set before.
    if options.stack == "koa-generic" && written.1["cookie"]["overwrite"] == false {
        written.1["cookie"]["overwrite"] = true.into();
    }
    // Node's first cookie ends with the browser where the options say no lifetime.
    let is_first = options.stack == "koa-session" && options.node.get("maxAge").is_none();
    if is_first {
        let until = "; path=/; expires=Sat, 16 Jan 2027 08:00:00 GMT";
        for cookie in &mut set {
            *cookie = cookie.replace("; path=/", until);
        }
    }
    (written, set)
}

/// With an id that the application makes (`genSid`, `genid`): the session that Node begins is the one that Rust would
/// begin, under the key that Rust looks at.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_begins() {
    let mut oracle = Oracle::middleware();
    for options in all() {
        let shown = format!("{} {}", options.stack, options.node);
        let begun = options.ask(
            &mut oracle,
            &json!({ "stored": null, "changes": true, "id": ID }),
        );
        let place = Place::new();
        let store = options.store(&place).await;
        let mut data = store.blank();
        data.set("changed", &true).expect("Node keeps it");
        let session = store.create(data).await.expect("it answers");
        let (theirs, set) = as_here(
            &options,
            last_write(&begun).expect("it is written"),
            strings(&begun["set"]),
        );
        // The id is another one.
        let prefix = theirs.0.strip_suffix(ID).expect("the id that was made");
        let (_, value, lifetime) =
            there(&place, &format!("{prefix}{}", session.sid().expose())).await;
        assert_eq!((&value, lifetime), (&theirs.1, theirs.2), "{shown}");
        let attributes = session.attributes().expect("settings");
        assert_eq!(options.cookies.set(ID, &attributes), set, "{shown}");
        // And the browser's next request finds it on both sides.
        let (found, again) = options.cookies.read(&header_of(&set));
        assert_eq!(found, Some(sid(ID)), "{shown}");
        assert!(again.is_empty(), "{shown}");
        let next = options.ask(
            &mut oracle,
            &json!({ "stored": theirs.1.to_string(), "header": header_of(&set) }),
        );
        assert_eq!(strings(&next["asked"]), [theirs.0], "{shown}");
    }
}

/// A session that nobody has put anything into is written where the options say so, and is what Rust would write.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_stays_empty() {
    let mut oracle = Oracle::middleware();
    let mut written = 0;
    for options in all() {
        let shown = format!("{} {}", options.stack, options.node);
        let begun = options.ask(&mut oracle, &json!({ "stored": null, "id": ID }));
        let is_written =
            options.node["allowEmpty"] == true || options.node["saveUninitialized"] == true;
        let Some(theirs) = last_write(&begun) else {
            assert!(!is_written, "{shown}");
            assert!(strings(&begun["set"]).is_empty(), "{shown}");
            continue;
        };
        assert!(is_written, "{shown}");
        written += 1;
        let place = Place::new();
        let store = options.store(&place).await;
        let session = store.create(store.blank()).await.expect("it answers");
        let prefix = theirs.0.strip_suffix(ID).expect("the id that was made");
        let ours = there(&place, &format!("{prefix}{}", session.sid().expose())).await;
        assert_eq!((&ours.1, ours.2), (&theirs.1, theirs.2), "{shown}");
    }
    assert_eq!(written, 3);
}

/// A session that Node has begun is used: what is written, and when nothing is. What Rust writes is what Node would.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_used() {
    let mut oracle = Oracle::middleware();
    for options in all() {
        let begun = options.ask(
            &mut oracle,
            &json!({ "stored": null, "changes": true, "id": ID }),
        );
        let (key, mut value, lifetime) = last_write(&begun).expect("it is written");
        let header = header_of(&strings(&begun["set"]));
        let is_koa_session = options.stack == "koa-session";
        // More than half of its lifetime is over, or less: `renew` looks at that.
        for late in [false, true] {
            let shown = format!("{} {} {late}", options.stack, options.node);
            if value.get("_expire").is_some() {
                let left = lifetime - 10;
                let left = if late { left / 3 } else { left * 2 / 3 };
                value["_expire"] = json!(NOW + left as u64 * 1000);
            }
            for changes in [false, true] {
                let mut more = json!({ "stored": value.to_string(), "header": header });
                if changes {
                    let mut without = value.clone();
                    without
                        .as_object_mut()
                        .expect("an object")
                        .remove("changed");
                    more["stored"] = without.to_string().into();
                    more["changes"] = true.into();
                }
                let used = options.ask(&mut oracle, &more);
                let is = |option: &str| options.node[option] == true;
                let renews = is("renew") && late && value.get("_expire").is_some();
                let writes = match options.stack {
                    "koa-generic" => changes || is("rolling"),
                    "express" => changes || is("resave"),
                    _ => changes || is("rolling") || renews,
                };
                let place = Place::new();
                let store = options.store(&place).await;
                let mut redis = place.redis().await;
                let stored = more["stored"].as_str().expect("a text");
                let put: &[&[u8]] = &[b"SET", key.as_bytes(), stored.as_bytes(), b"EX", b"50"];
                let () = ask(&mut redis, put).await;
                let mut session = support::sessions::load(&store, &sid(ID)).await;
                if !writes {
                    // Express touches: the lifetime begins again, and nothing else.
                    let commands = used["commands"].as_array().expect("a list");
                    match (options.stack, is("disableTTL")) {
                        ("express", false) => {
                            let _ = store.touch(&mut session).await.expect("it answers");
                            let (_, _, left) = there(&place, &key).await;
                            assert_eq!(commands, &[json!(["EXPIRE", key, left])], "{shown}");
                        }
                        _ => assert!(commands.is_empty(), "{shown}: {used}"),
                    }
                } else {
                    if changes {
                        changed(&mut session);
                    }
                    let saved = store.save(&mut session).await.expect("it answers");
                    assert_eq!(saved, cloakroom_node::Saved::Saved, "{shown}");
                    let written = last_write(&used).expect("it is written");
                    assert_eq!(there(&place, &key).await, written, "{shown} {changes}");
                }
                // Where Node sets the cookie again, Rust would set the same.
                let set = strings(&used["set"]);
                let sets = match options.stack {
                    "express" => is("rolling") || changes && !value["cookie"]["expires"].is_null(),
                    _ => writes,
                };
                assert_eq!(!set.is_empty(), sets, "{shown} {changes}");
                if sets {
                    let attributes = session.attributes().expect("settings");
                    assert_eq!(options.cookies.set(ID, &attributes), set, "{shown}");
                }
            }
            if !is_koa_session {
                break;
            }
        }
    }
}

/// The cookies that a browser has after an answer.
fn jar(header: &str, set: &[String]) -> std::collections::BTreeMap<String, String> {
    let pairs = header.split("; ").filter_map(|pair| pair.split_once('='));
    let mut jar = std::collections::BTreeMap::new();
    for (name, value) in pairs {
        // Of two of one name the first counts.
        jar.entry(name.to_owned()).or_insert(value.to_owned());
    }
    for cookie in set {
        let pair = cookie.split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').expect("a name and a value");
        match cookie.to_lowercase().contains("01 jan 1970") {
            true => jar.remove(name),
            false => jar.insert(name.to_owned(), value.to_owned()),
        };
    }
    jar
}

/// Requests with several session cookies and signatures, right, old and forged, in any order.
#[tokio::test(flavor = "multi_thread")]
async fn several_session_cookies() {
    let mut oracle = Oracle::middleware();
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let (mut found, mut signed_again) = (0, 0);
    let names = ["prefix", "key", "name", "cookie", "signed", "overwrite"];
    let of_cookies = |options: &Options| {
        let said = options.node.as_object().expect("an object");
        said.keys().all(|option| names.contains(&option.as_str()))
    };
    for options in all().into_iter().filter(of_cookies) {
        let (name, pieces) = pieces(&options);
        let some = prop::collection::vec(select(pieces), 0..6);
        let stored = some_session(&options);
        for _ in 0..60 {
            let parts = some.new_tree(&mut runner).expect("a case").current();
            let header = parts.join("; ");
            let shown = format!("{} {} {header:?}", options.stack, options.node);
            let answer = options.ask(&mut oracle, &json!({ "stored": stored, "header": header }));
            let (id, set) = options.cookies.read(&header);
            let key = id.map(|id| format!("{}{}", prefix(&options), id.expose()));
            assert_eq!(
                strings(&answer["asked"]),
                key.iter().cloned().collect::<Vec<_>>(),
                "{shown}"
            );
            let theirs = strings(&answer["set"]);
            assert_eq!(jar(&header, &set), jar(&header, &theirs), "{shown}");
            found += usize::from(key.is_some());
            signed_again += usize::from(set.iter().any(|cookie| {
                cookie.starts_with(&format!("{name}.sig=")) && !cookie.contains("1970")
            }));
        }
    }
    assert!(found > 200 && signed_again > 20, "{found} {signed_again}");
}

fn prefix(options: &Options) -> String {
    let own = match options.stack {
        "koa-generic" => "koa:sess:",
        "express" => "sess:",
        _ => "",
    };
    let said = options.node["prefix"].as_str();
    said.unwrap_or(own).to_owned()
}

/// A session that is there, whatever its id.
fn some_session(options: &Options) -> String {
    let value = match options.stack {
        "koa-session" => json!({ "a": 1 }),
        "express" => {
            json!({ "cookie": { "originalMaxAge": null, "expires": null, "httpOnly": true, "path": "/" }, "a": 1 })
        }
        _ => json!({ "cookie": { "maxAge": 86_400_000 }, "a": 1 }),
    };
    value.to_string()
}

/// What requests are made of: cookies of two ids by each key, and what is no cookie of the session's.
fn pieces(options: &Options) -> (String, Vec<String>) {
    let mut pieces = vec!["other=1".to_owned(), "a=\"b".to_owned()];
    let name = match &options.cookies {
        Cookies::Koa(cookies) => cookies.name().to_owned(),
        Cookies::Express(cookies) => cookies.name().to_owned(),
    };
    for key in ["newest", "older", "forged"] {
        for id in ["first-id", "second-id"] {
            let attributes = Attributes::new().signed(true);
            let set = match &options.cookies {
                Cookies::Koa(_) => {
                    let keygrip = Keygrip::new([key]).expect("a key");
                    Cookies::Koa(KoaCookies::new(&*name, keygrip)).set(id, &attributes)
                }
                Cookies::Express(_) => {
                    let secrets = ExpressSecrets::new([key]).expect("a secret");
                    Cookies::Express(ExpressCookies::new(&*name, secrets)).set(id, &attributes)
                }
            };
            // Together, as a browser has them, and each alone.
            pieces.push(header_of(&set));
            pieces.extend(
                set.iter()
                    .map(|cookie| header_of(std::slice::from_ref(cookie))),
            );
        }
    }
    pieces.push(format!("{name}="));
    pieces.push(format!("{name}.sig="));
    pieces.push(format!("{name}=\"first-id\""));
    (name, pieces)
}
