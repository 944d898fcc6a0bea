//! What a case says: the options, the cookies, the time.

use std::time::Duration;

use cloakroom_core::{ManualClock, Timestamp};
use cloakroom_node::{
    Attributes, ExpressCookies, ExpressSecrets, Keygrip, KoaCookies, Layout, SameSite,
};
use redis::aio::MultiplexedConnection;
use serde_json::Value;

use super::{Case, Stack, strings};
use crate::support::ask;
use crate::support::node::millis;

impl<'a> Case<'a> {
    pub(super) fn read_cookies(&self) -> (Option<String>, Vec<String>) {
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

    pub(super) fn koa(&self) -> KoaCookies {
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

    pub(super) fn express(&self) -> ExpressCookies {
        let secrets = ExpressSecrets::new(strings(&self.case["keys"])).expect("secrets");
        let name = self.case["config"]["name"]
            .as_str()
            .unwrap_or("connect.sid");
        ExpressCookies::new(name, secrets)
    }

    pub(super) fn layout(&self) -> Layout {
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
        if self.stack == Stack::Generic && max_age == Some(&Value::Null) {
            layout = layout.until_browser_ends();
        }
        match (config["ttl"].as_u64(), self.stack) {
            (Some(seconds), Stack::Express) => layout.ttl(Duration::from_secs(seconds)),
            (Some(millis), _) => layout.ttl(Duration::from_millis(millis)),
            (None, _) => layout,
        }
    }

    /// What the middleware puts before an id, by its options.
    pub(super) fn prefix(&self) -> String {
        let config = &self.case["config"];
        match self.stack {
            Stack::Generic => config["prefix"].as_str().unwrap_or("koa:sess:").to_owned(),
            Stack::Express => config["prefix"].as_str().unwrap_or("sess:").to_owned(),
            Stack::KoaSession if config["mode"] == "context" => "ctx:".to_owned(),
            Stack::KoaSession => String::new(),
        }
    }

    /// What is in Redis before the request.
    pub(super) async fn put(&self, redis: &mut MultiplexedConnection) {
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
    pub(super) fn written_at(&self, value: &Value) -> u64 {
        let cookie = &value["cookie"];
        if let (Some(max_age), Some(expires)) = (
            cookie["originalMaxAge"].as_u64(),
            cookie["expires"].as_str(),
        ) {
            return millis(expires) - max_age;
        }
        match (value["_expire"].as_u64(), value["_maxAge"].as_u64()) {
            (Some(expire), Some(max_age)) => expire - max_age,
            _ => self.millis(),
        }
    }

    /// To the time at which Node set this cookie for an hour, as far as it shows it.
    pub(super) fn set_the_clock(&self, clock: &ManualClock, header: &Value) {
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
        clock.set(Timestamp::from_millis(millis(date) - max_age));
    }

    /// How long the key lives, in seconds.
    pub(super) fn seconds(&self) -> Option<u64> {
        let lifetime = self.case["ttl"]["value"].as_u64()?;
        Some(match self.case["ttl"]["unit"].as_str() {
            Some("ms") => lifetime.div_ceil(1000),
            _ => lifetime,
        })
    }

    pub(super) fn is_in_cookie(&self) -> bool {
        self.case["mode"] == "cookie" || self.case["config"]["mode"] == "cookie"
    }

    pub(super) fn text(&self, field: &str) -> Option<&'a str> {
        self.case.get(field).and_then(Value::as_str)
    }

    pub(super) fn millis(&self) -> u64 {
        self.case["captured_at_ms"]
            .as_u64()
            .unwrap_or(1_795_374_913_500)
    }
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
