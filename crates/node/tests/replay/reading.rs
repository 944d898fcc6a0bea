//! A request with the cookies of a case.

use std::time::Instant;

use cloakroom_core::{Clock as _, ErrorKind, ManualClock, Timestamp};
use cloakroom_node::{
    Attributes, CookieSession, Keygrip, NodeSession, NodeStore, Saved, Sid, Touched,
    read_cookie_session,
};
use redis::aio::MultiplexedConnection;
use serde_json::Value;

use super::{Case, Stack, Verdict, lives_for, strings};
use crate::support::ask;

impl Case<'_> {
    /// A request with these cookies: what is asked of Redis, what is found, and what the answer sets.
    pub(super) async fn reading(
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
                    .clear(&Attributes::new(), clock.now())
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
    pub(super) async fn going_on(
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
                    set.extend(self.set_cookies(&session, clock.now()));
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

    pub(super) fn sets(&self, ours: Vec<String>) -> Verdict {
        same!(
            "the cookies that are set",
            ours,
            strings(&self.case["expect"]["set_cookie"])
        );
        Ok(())
    }

    pub(super) fn same_session(&self, session: &NodeSession) -> Verdict {
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

    /// A session that is in the cookie alone.
    pub(super) fn in_cookie(&self) -> Verdict {
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

    pub(super) fn signature(&self) -> Verdict {
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
