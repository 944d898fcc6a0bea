//! Every recorded case: the same verdict on the cookie, the same session, the same key, the same lifetime; and what is
//! written here is what Node would have written.
//!
//! A recording that is put into `recordings/` is run with the others.

mod support;

use std::time::{Duration, Instant};

use cloakroom_core::{ErrorKind, ManualClock, Timestamp};
use cloakroom_node::{
    Attributes, CookieSession, ExpressCookies, ExpressSecrets, Keygrip, KoaCookies, Layout, Left,
    Loaded, NodeSession, NodeStore, SameSite, Saved, Sid, Touched, read_cookie_session,
};
use redis::aio::MultiplexedConnection;
use serde_json::Value;
use support::{Place, ask};

#[tokio::test]
async fn every_recorded_case() {
    let place = Place::new();
    let mut failures = Vec::new();
    let mut count = 0;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings");
    for entry in std::fs::read_dir(folder).expect("the recordings") {
        let path = entry.expect("a file").path();
        let file = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.extension().is_none_or(|extension| extension != "json") || file == "versions" {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a recording");
        let cases: Vec<Value> = serde_json::from_str(&text).expect("a list of cases");
        assert!(!cases.is_empty(), "{file} is empty");
        for case in cases {
            count += 1;
            let name = text_of(&case, "name").expect("a case has a name");
            if let Err(why) = Case::new(&file, &case).run(&place).await {
                failures.push(format!("{file}, {name}: {why}"));
            }
        }
    }
    assert!(count >= 130, "only {count} cases");
    let shown = failures.join("\n");
    assert!(
        failures.is_empty(),
        "{} of {count} cases failed:\n{shown}",
        failures.len()
    );
}

type Verdict<T = ()> = Result<T, String>;

macro_rules! same {
    ($what:expr, $ours:expr, $theirs:expr) => {
        match (&$ours, &$theirs) {
            (ours, theirs) if ours == theirs => {}
            (ours, theirs) => {
                return Err(format!(
                    "{}:\n  ours   {ours:?}\n  theirs {theirs:?}",
                    $what
                ))
            }
        }
    };
}

struct Case<'a> {
    case: &'a Value,
    stack: Stack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stack {
    Generic,
    Express,
    KoaSession,
}

impl<'a> Case<'a> {
    fn new(file: &str, case: &'a Value) -> Self {
        let stack = match file {
            _ if file.contains("generic") => Stack::Generic,
            _ if file.contains("express") => Stack::Express,
            _ => Stack::KoaSession,
        };
        Self { case, stack }
    }

    async fn run(&self, place: &Place) -> Verdict {
        match self.text("kind") {
            Some("vector") => return self.signature(),
            _ if self.is_in_cookie() => return self.in_cookie(),
            _ => {}
        }
        let clock = ManualClock::at(Timestamp::from_millis(self.millis()));
        let connected = place
            .builder(self.layout())
            .clock(clock.clone())
            .connect()
            .await;
        let store = connected.map_err(|error| error.to_string())?;
        let mut redis = place.redis().await;
        let () = ask(&mut redis, &[b"FLUSHDB"]).await;
        self.put(&mut redis).await;
        self.reading(&store, &mut redis, &clock).await?;
        if self.case["kind"] == "captured" {
            self.put(&mut redis).await;
            self.writing(&store, &mut redis, &clock).await?;
            self.creating(&store, &mut redis, &clock).await?;
        }
        Ok(())
    }

    /// A request with these cookies: what is asked of Redis, what is found, and what the answer sets.
    async fn reading(
        &self,
        store: &NodeStore,
        redis: &mut MultiplexedConnection,
        clock: &ManualClock,
    ) -> Verdict {
        let expect = &self.case["expect"];
        if expect.get("accepted").is_none() {
            return Ok(());
        }
        let (value, mut set) = self.read_cookies();
        let asked = expect["redis"]
            .as_array()
            .into_iter()
            .flatten()
            .find_map(get_of);
        let Some(value) = value else {
            same!("whether Redis is asked", None::<String>, asked);
            same!("accepted", Value::Bool(false), expect["accepted"]);
            return self.sets(set);
        };
        let sid = Sid::parse(&value).map_err(|why| why.to_string())?;
        same!(
            "the key",
            Some(format!("{}{}", self.prefix(), sid.expose())),
            asked
        );
        let found = match store.load(&sid).await {
            Ok(loaded) => loaded.found(),
            Err(error) if error.kind() == ErrorKind::Corrupt => None,
            Err(error) => return Err(error.to_string()),
        };
        same!("accepted", Value::Bool(found.is_some()), expect["accepted"]);
        let Some(session) = found else {
            if self.stack == Stack::Generic {
                let cleared = self
                    .koa()
                    .clear(&Attributes::new(), clock.now_())
                    .expect("a cookie");
                set.extend(cleared);
            }
            return self.sets(set);
        };
        same!(
            "the id",
            expect["session_id_used"].as_str(),
            Some(session.sid().expose())
        );
        self.same_session(&session)?;
        self.going_on(store, redis, session, clock, set).await
    }

    /// What the middleware does at the end of a request: nothing, a touch, or a write of what the case changed.
    async fn going_on(
        &self,
        store: &NodeStore,
        redis: &mut MultiplexedConnection,
        mut session: NodeSession,
        clock: &ManualClock,
        mut set: Vec<String>,
    ) -> Verdict {
        let commands = self.case["expect"]["redis"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let key = self.text("redis_key").expect("a key").as_bytes();
        for command in &commands {
            let word = |at: usize| command.get(at).and_then(Value::as_str).unwrap_or_default();
            match word(0).to_uppercase().as_str() {
                "EXPIRE" => {
                    let began = Instant::now();
                    if self.case["config"]["rolling"] == true {
                        self.set_the_clock(clock, &self.case["expect"]["set_cookie"][0]);
                    }
                    let touched = store
                        .touch(&mut session)
                        .await
                        .map_err(|error| error.to_string())?;
                    same!("the touch", touched, Touched::Touched);
                    lives_for(redis, key, word(2).parse().expect("seconds"), began).await?;
                }
                "SET" => {
                    let began = Instant::now();
                    let written: Value = serde_json::from_str(word(2)).expect("JSON");
                    clock.set(Timestamp::from_millis(self.written_at(&written)));
                    let members = written.as_object().expect("an object").iter();
                    let mut members: Vec<_> =
                        members.filter(|(name, _)| *name != "cookie").collect();
                    // In the order that Node wrote them in, which this map has not kept.
                    members.sort_by_key(|(name, _)| word(2).find(&format!("\"{name}\":")));
                    for (name, value) in members {
                        session.data_mut().set(name, value).expect("Node keeps it");
                    }
                    let saved = store
                        .save(&mut session)
                        .await
                        .map_err(|error| error.to_string())?;
                    same!("the write", saved, Saved::Saved);
                    let value: String = ask(redis, &[b"GET", key]).await;
                    same!("what is written", value, word(2));
                    lives_for(redis, key, word(4).parse().expect("seconds"), began).await?;
                }
                "SETEX" => {
                    let began = Instant::now();
                    let written: Value = serde_json::from_str(word(3)).expect("JSON");
                    match written["_expire"].is_u64() {
                        true => clock.set(Timestamp::from_millis(self.written_at(&written))),
                        false => self.set_the_clock(clock, &self.case["expect"]["set_cookie"][0]),
                    }
                    let own = session
                        .data()
                        .names()
                        .map(str::to_owned)
                        .collect::<Vec<_>>();
                    let theirs = written.as_object().expect("an object");
                    let new = theirs.iter().filter(|(name, _)| !own.contains(name));
                    for (name, value) in
                        new.filter(|(name, _)| *name != "cookie" && !name.starts_with('_'))
                    {
                        session.data_mut().set(name, value).expect("Node keeps it");
                    }
                    let saved = store
                        .save(&mut session)
                        .await
                        .map_err(|error| error.to_string())?;
                    same!("the write", saved, Saved::Saved);
                    let value: String = ask(redis, &[b"GET", key]).await;
                    same!("what is written", value, word(3));
                    lives_for(redis, key, word(2).parse().expect("seconds"), began).await?;
                    set.extend(self.set_cookies(&session, clock.now_()));
                }
                _ => {}
            }
        }
        if self.stack == Stack::Express {
            let modified = commands.iter().any(|command| command[0] == "SET");
            let cookie: Value = session
                .data()
                .get("cookie")
                .expect("JSON")
                .expect("a cookie");
            let has_end = cookie["expires"].is_string();
            if self.case["config"]["rolling"] == true || (modified && has_end) {
                if !modified {
                    let _ = store.save(&mut session).await;
                }
                set.push(self.express_set(&session, clock));
            }
        }
        self.sets(set)
    }

    /// The same session, written again: the same bytes, the same lifetime, the same cookie.
    async fn writing(
        &self,
        store: &NodeStore,
        redis: &mut MultiplexedConnection,
        clock: &ManualClock,
    ) -> Verdict {
        let value = self
            .text("redis_value")
            .expect("a captured case has a value");
        let parsed: Value = serde_json::from_str(value).unwrap_or_default();
        clock.set(Timestamp::from_millis(self.written_at(&parsed)));
        let sid = Sid::parse(self.text("session_id").expect("an id")).expect("an id of Node's");
        let Loaded::Found(mut session) =
            store.load(&sid).await.map_err(|error| error.to_string())?
        else {
            return Err("it is not found".into());
        };
        let seconds = self.seconds();
        let is_forever = session.left() == Left::Forever;
        same!("whether it never goes", is_forever, seconds.is_none());
        let began = Instant::now();
        let saved = store
            .save(&mut session)
            .await
            .map_err(|error| error.to_string())?;
        same!("the write", saved, Saved::Saved);
        let key = self.text("redis_key").expect("a key").as_bytes();
        let written: String = ask(redis, &[b"GET", key]).await;
        same!("what is written", written.as_str(), value);
        match seconds {
            None => {
                let left: i64 = ask(redis, &[b"TTL", key]).await;
                same!("the time that is left", left, -1);
            }
            Some(seconds) => lives_for(redis, key, seconds, began).await?,
        }
        if self.case["cookie_name"].is_null() || self.case["cookie_value"].is_null() {
            return Ok(());
        }
        // Koa reckons the date when it sets the cookie, which may be in the second before.
        let earlier = Timestamp::from_millis(clock.now_().as_millis() - 1000);
        let tries = [clock.now_(), earlier].map(|now| self.set_cookies(&session, now));
        let theirs = strings(&self.case["set_cookie"]);
        if !tries.contains(&theirs) {
            return Err(format!(
                "the cookies:\n  ours   {tries:?}\n  theirs {theirs:?}"
            ));
        }
        Ok(())
    }

    /// A new session with the same data: the same bytes.
    async fn creating(
        &self,
        store: &NodeStore,
        redis: &mut MultiplexedConnection,
        clock: &ManualClock,
    ) -> Verdict {
        let value = self
            .text("redis_value")
            .expect("a captured case has a value");
        let Ok(parsed) = serde_json::from_str::<Value>(value) else {
            return Ok(());
        };
        // What is no lifetime here is one that never ends there: nobody sets it up so on purpose.
        let max_age = &self.case["config"]["cookie"]["maxAge"];
        if !max_age.is_number() && !max_age.is_null() {
            return Ok(());
        }
        // Here Node was told to end this one session otherwise.
        if parsed["cookie"]["expires"].is_string() && self.stack == Stack::Generic {
            return Ok(());
        }
        clock.set(Timestamp::from_millis(self.written_at(&parsed)));
        let sid = Sid::parse(self.text("session_id").expect("an id")).expect("an id of Node's");
        let old = store
            .load(&sid)
            .await
            .expect("it is there")
            .found()
            .expect("it is there");
        let mut data = store.blank();
        for name in old.data().names() {
            data.set_json(name, old.data().get_json(name).expect("it has it"))
                .expect("Node keeps it");
        }
        let new = store
            .create(data)
            .await
            .map_err(|error| error.to_string())?;
        let key = format!("{}{}", self.prefix(), new.sid().expose());
        let written: String = ask(redis, &[b"GET", key.as_bytes()]).await;
        let again: Value = serde_json::from_str(&written).expect("JSON");
        same!("what a new one holds", again, parsed);
        // JavaScript puts names that are numbers first.
        let has_numbers = old.data().names().any(|name| name.parse::<u32>().is_ok());
        let is_ours = self.stack != Stack::Generic
            || self.case["config"]["cookie"]["httpOnly"] == true
            || self.case["config"].get("cookie").is_none();
        if !has_numbers && is_ours {
            same!("what a new one is", written.as_str(), value);
        }
        let shape = |id: &str| {
            id.chars()
                .map(|c| if c == '-' { '-' } else { 'x' })
                .collect::<String>()
        };
        if self.stack == Stack::KoaSession {
            same!("its id", shape(new.sid().expose()), shape(sid.expose()));
        }
        same!(
            "its id's length",
            new.sid().expose().len(),
            sid.expose().len()
        );
        Ok(())
    }

    /// A session that is in the cookie alone.
    fn in_cookie(&self) -> Verdict {
        let (value, set) = self.read_cookies();
        let expect = &self.case["expect"];
        let now = Timestamp::from_millis(self.millis());
        let found = match value.map(|value| read_cookie_session(&value, now)) {
            Some(Ok(CookieSession::Found(data))) => Some(data),
            Some(Ok(CookieSession::Ended) | Err(_)) | None => None,
        };
        same!("accepted", Value::Bool(found.is_some()), expect["accepted"]);
        if let Some(data) = &found {
            if let Some(text) = self.text("decoded_cookie_json") {
                same!("the text", data.to_json().as_str(), text);
            }
            let all: Option<Value> = serde_json::from_str(&data.to_json()).ok();
            if !self.case["session"].is_null() {
                same!("the session", all.as_ref(), Some(&self.case["session"]));
            }
            if self.case.get("node_session").is_some() {
                let own = data
                    .names()
                    .map(|name| (name.to_owned(), data.get(name).expect("JSON").expect("it")));
                same!(
                    "what the application sees",
                    Value::Object(own.collect()),
                    self.case["node_session"]
                );
            }
        }
        self.sets(set)
    }

    fn signature(&self) -> Verdict {
        let keygrip = Keygrip::new(strings(&self.case["keys"])).expect("keys");
        let name = self.text("cookie_name").expect("a name");
        let signed = format!("{name}={}", self.text("cookie_value").expect("a value"));
        let signature = self.text("sig_cookie_value").expect("a signature");
        let index = self.case["signing_key_index"]
            .as_u64()
            .map(|index| index as usize);
        same!(
            "the key that signed",
            keygrip.verify(&signed, signature),
            index
        );
        same!("the signature", keygrip.sign(&signed), signature);
        Ok(())
    }

    fn same_session(&self, session: &NodeSession) -> Verdict {
        let value = self.text("redis_value").expect("what was found was there");
        let all: Option<Value> = serde_json::from_str(&session.data().to_json()).ok();
        match &self.case["session"] {
            Value::Null => {}
            theirs => same!("the session", all.as_ref(), Some(theirs)),
        }
        let is_plain = !value.contains(" :") && !value.starts_with([' ', '\n']);
        let has_twins = self
            .text("name")
            .is_some_and(|name| name.contains("duplicate_keys"));
        if is_plain && !has_twins {
            same!("the text", session.data().to_json().as_str(), value);
        }
        if self
            .case
            .get("node_session")
            .is_some_and(|node| !node.is_null())
        {
            let data = session.data();
            let own = data
                .names()
                .map(|name| (name.to_owned(), data.get(name).expect("JSON").expect("it")));
            same!(
                "what the application sees",
                Value::Object(own.collect()),
                self.case["node_session"]
            );
        }
        Ok(())
    }

    fn sets(&self, ours: Vec<String>) -> Verdict {
        same!(
            "the cookies that are set",
            ours,
            strings(&self.case["expect"]["set_cookie"])
        );
        Ok(())
    }

    fn read_cookies(&self) -> (Option<String>, Vec<String>) {
        if let Some(query) = self.text("query") {
            let value = query.split_once('=').map(|(_, value)| value.to_owned());
            return (value, Vec::new());
        }
        let header = self.text("cookie_header").unwrap_or_default().as_bytes();
        match self.stack {
            Stack::Express => {
                let reading = self.express().read(header);
                let signed_by = self.case["signing_key_index"].as_u64();
                if let (Some(_), Some(index)) = (reading.value(), signed_by) {
                    assert_eq!(reading.is_signed_by_an_older_secret(), index > 0);
                }
                (reading.value().map(str::to_owned), Vec::new())
            }
            Stack::Generic | Stack::KoaSession => {
                let reading = self.koa().read(header);
                (
                    reading.value().map(str::to_owned),
                    reading.set_cookie().to_vec(),
                )
            }
        }
    }

    fn set_cookies(&self, session: &NodeSession, now: Timestamp) -> Vec<String> {
        match self.stack {
            Stack::Express => vec![
                self.express()
                    .set(
                        session.sid().expose(),
                        &session.attributes().expect("some"),
                        now,
                    )
                    .expect("a cookie"),
            ],
            Stack::Generic => {
                let attributes = session.attributes().expect("settings");
                self.koa()
                    .set(session.sid().expose(), &attributes, now)
                    .expect("cookies")
            }
            // The first time Node sets it by the options alone; by the session's own from then on.
            Stack::KoaSession => {
                let attributes = match self.case["config"]["maxAge"].is_number() {
                    true => session.attributes().expect("settings"),
                    false => Attributes::new(),
                };
                self.koa()
                    .set(session.sid().expose(), &attributes, now)
                    .expect("cookies")
            }
        }
    }

    fn express_set(&self, session: &NodeSession, clock: &ManualClock) -> String {
        let attributes = session.attributes().expect("settings");
        self.express()
            .set(session.sid().expose(), &attributes, clock.now_())
            .expect("a cookie")
    }

    fn koa(&self) -> KoaCookies {
        let config = &self.case["config"];
        let default = if self.stack == Stack::Generic {
            "koa.sid"
        } else {
            "koa.sess"
        };
        let keygrip = Keygrip::new(strings(&config["keys"])).expect("keys");
        let unsigned = config["cookie"]["signed"] == false || config["signed"] == false;
        KoaCookies::new(config["key"].as_str().unwrap_or(default), keygrip).signed(!unsigned)
    }

    fn express(&self) -> ExpressCookies {
        let secrets = ExpressSecrets::new(strings(&self.case["keys"])).expect("secrets");
        let name = self.case["config"]["name"]
            .as_str()
            .unwrap_or("connect.sid");
        ExpressCookies::new(name, secrets)
    }

    fn layout(&self) -> Layout {
        let config = &self.case["config"];
        let cookie = &config["cookie"];
        let max_age = cookie.get("maxage").or(cookie.get("maxAge"));
        let layout = match self.stack {
            Stack::Generic => {
                Layout::koa_generic().cookie(attributes(cookie, max_age, Some(86_400_000)))
            }
            Stack::Express => Layout::express().cookie(attributes(cookie, max_age, None)),
            Stack::KoaSession => {
                Layout::koa_session().cookie(attributes(&Value::Null, config.get("maxAge"), None))
            }
        };
        let mut layout = layout.key_prefix(self.prefix());
        if self.stack == Stack::KoaSession {
            layout = layout.id_prefix(config["prefix"].as_str().unwrap_or_default());
            if config["maxAge"] == "session" {
                layout = layout.until_browser_ends();
            }
        }
        match (config["ttl"].as_u64(), self.stack) {
            (Some(seconds), Stack::Express) => layout.ttl(Duration::from_secs(seconds)),
            (Some(millis), _) => layout.ttl(Duration::from_millis(millis)),
            (None, _) => layout,
        }
    }

    /// What the middleware puts before an id, by its options.
    fn prefix(&self) -> String {
        let config = &self.case["config"];
        match self.stack {
            Stack::Generic => config["prefix"].as_str().unwrap_or("koa:sess:").to_owned(),
            Stack::Express => config["prefix"].as_str().unwrap_or("sess:").to_owned(),
            Stack::KoaSession if config["mode"] == "context" => "ctx:".to_owned(),
            Stack::KoaSession => String::new(),
        }
    }

    /// What is in Redis before the request.
    async fn put(&self, redis: &mut MultiplexedConnection) {
        let (Some(key), Some(value)) = (self.text("redis_key"), self.text("redis_value")) else {
            return;
        };
        let () = ask(redis, &[b"SET", key.as_bytes(), value.as_bytes()]).await;
        let seconds = match (&self.case["ttl_command"], self.seconds()) {
            (Value::Array(_), None) => return,
            (_, seconds) => seconds.unwrap_or(1000).to_string(),
        };
        let _: i64 = ask(redis, &[b"EXPIRE", key.as_bytes(), seconds.as_bytes()]).await;
    }

    /// When Node wrote this: the time that is in it, or that of the case.
    fn written_at(&self, value: &Value) -> u64 {
        let cookie = &value["cookie"];
        if let (Some(max_age), Some(expires)) = (
            cookie["originalMaxAge"].as_u64(),
            cookie["expires"].as_str(),
        ) {
            return support::node::millis(expires) - max_age;
        }
        match (value["_expire"].as_u64(), value["_maxAge"].as_u64()) {
            (Some(expire), Some(max_age)) => expire - max_age,
            _ => self.millis(),
        }
    }

    /// To the time at which Node set this cookie for an hour, as far as it shows it.
    fn set_the_clock(&self, clock: &ManualClock, header: &Value) {
        let header = header.as_str().expect("a cookie is set");
        let end = |part: &str| {
            let (name, date) = part.split_once('=')?;
            name.eq_ignore_ascii_case("expires")
                .then(|| date.to_owned())
        };
        let date = &header.split("; ").find_map(end).expect("a date");
        let cookie = &self.case["config"]["cookie"];
        let max_age = cookie["maxAge"].as_u64().or(cookie["maxage"].as_u64());
        let max_age = max_age.unwrap_or(86_400_000);
        clock.set(Timestamp::from_millis(
            support::node::millis(date) - max_age,
        ));
    }

    /// How long the key lives, in seconds.
    fn seconds(&self) -> Option<u64> {
        let lifetime = self.case["ttl"]["value"].as_u64()?;
        Some(match self.case["ttl"]["unit"].as_str() {
            Some("ms") => lifetime.div_ceil(1000),
            _ => lifetime,
        })
    }

    fn is_in_cookie(&self) -> bool {
        self.case["mode"] == "cookie" || self.case["config"]["mode"] == "cookie"
    }

    fn text(&self, field: &str) -> Option<&'a str> {
        text_of(self.case, field)
    }

    fn millis(&self) -> u64 {
        self.case["captured_at_ms"]
            .as_u64()
            .unwrap_or(1_795_374_913_500)
    }
}

trait Now {
    fn now_(&self) -> Timestamp;
}

impl Now for ManualClock {
    fn now_(&self) -> Timestamp {
        cloakroom_core::Clock::now(self)
    }
}

fn text_of<'a>(case: &'a Value, field: &str) -> Option<&'a str> {
    case.get(field).and_then(Value::as_str)
}

fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

/// The key of a `GET`, as a list of words, or as `MONITOR` shows it.
fn get_of(command: &Value) -> Option<String> {
    let words = match command {
        Value::String(line) => line
            .split(' ')
            .map(|word| word.trim_matches('"').to_owned())
            .collect(),
        list => strings(list),
    };
    let is_get = words.first()?.eq_ignore_ascii_case("get");
    is_get.then(|| words.get(1).cloned()).flatten()
}

fn attributes(cookie: &Value, max_age: Option<&Value>, default: Option<u64>) -> Attributes {
    let mut attributes = Attributes::new();
    let max_age = match max_age {
        Some(said) => said.as_f64(),
        None => default.map(|millis: u64| millis as f64),
    };
    if let Some(millis) = max_age {
        attributes = attributes.max_age(Duration::from_secs_f64(millis / 1000.0));
    }
    if let Some(path) = cookie["path"].as_str() {
        attributes = attributes.path(path);
    }
    if let Some(domain) = cookie["domain"].as_str() {
        attributes = attributes.domain(domain);
    }
    let same_site = match &cookie["sameSite"] {
        Value::Bool(true) => Some(SameSite::Strict),
        Value::String(word) => match word.to_lowercase().as_str() {
            "strict" => Some(SameSite::Strict),
            "lax" => Some(SameSite::Lax),
            _ => Some(SameSite::None),
        },
        _ => None,
    };
    if let Some(same_site) = same_site {
        attributes = attributes.same_site(same_site);
    }
    if let Some(partitioned) = cookie["partitioned"].as_bool() {
        attributes = attributes.partitioned(partitioned);
    }
    if let Some(http_only) = cookie["httpOnly"].as_bool() {
        attributes = attributes.http_only(http_only);
    }
    if let Some(secure) = cookie["secure"].as_bool() {
        attributes = attributes.secure(secure);
    }
    if let Some(signed) = cookie["signed"].as_bool() {
        attributes = attributes.signed(signed);
    }
    attributes
}

/// Whether a key that was written after `began` lives for so long, to the second.
async fn lives_for(
    redis: &mut MultiplexedConnection,
    key: &[u8],
    seconds: u64,
    began: Instant,
) -> Verdict {
    let left: u64 = ask(redis, &[b"PTTL", key]).await;
    let most = seconds * 1000;
    let least = most.saturating_sub(began.elapsed().as_millis() as u64 + 1);
    match (least..=most).contains(&left) {
        true => Ok(()),
        false => Err(format!(
            "it lives for {left} ms, and should for {seconds} s"
        )),
    }
}
