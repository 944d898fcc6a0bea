//! The session of a case, written from here.

use std::time::Instant;

use cloakroom_core::{Clock as _, ManualClock, Timestamp};
use cloakroom_node::{Attributes, Left, Loaded, NodeSession, NodeStore, Saved, Sid};
use redis::aio::MultiplexedConnection;
use serde_json::Value;

use super::{Case, Stack, Verdict, lives_for, strings};
use crate::support::ask;

impl Case<'_> {
    /// The same session, written again: the same bytes, the same lifetime, the same cookie.
    pub(super) async fn writing(
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
        let earlier = Timestamp::from_millis(clock.now().as_millis() - 1000);
        let tries = [clock.now(), earlier].map(|now| self.set_cookies(&session, now));
        let theirs = strings(&self.case["set_cookie"]);
        if !tries.contains(&theirs) {
            return Err(format!(
                "the cookies:\n  ours   {tries:?}\n  theirs {theirs:?}"
            ));
        }
        Ok(())
    }

    /// A new session with the same data: the same bytes.
    pub(super) async fn creating(
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

    pub(super) fn set_cookies(&self, session: &NodeSession, now: Timestamp) -> Vec<String> {
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

    pub(super) fn express_set(&self, session: &NodeSession, clock: &ManualClock) -> String {
        let attributes = session.attributes().expect("settings");
        self.express()
            .set(session.sid().expose(), &attributes, clock.now())
            .expect("a cookie")
    }
}
