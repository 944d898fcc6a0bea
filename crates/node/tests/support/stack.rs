//! A way to keep sessions, with an application in Node on one side and a store on the other.

use std::sync::Arc;

use cloakroom_node::{
    ExpressCookies, ExpressSecrets, Keygrip, KoaCookies, Layout, NodeSession, NodeStore, Sid,
};
use serde_json::Value;

use super::Place;
use super::node::{App, header_of};

/// A way to keep sessions, on both sides.
pub(crate) struct Stack {
    pub(crate) name: &'static str,
    pub(crate) app: Arc<App>,
    pub(crate) store: NodeStore,
    pub(crate) place: Place,
}

pub(crate) const STACKS: [&str; 3] = ["koa-generic", "express", "koa-session"];

impl Stack {
    pub(crate) async fn start(name: &'static str, config: Value) -> Self {
        let place = Place::new();
        let layout = match name {
            "koa-generic" => Layout::koa_generic().key_prefix("sid:"),
            "express" => Layout::express(),
            _ => Layout::koa_session(),
        };
        let url = place.url.clone();
        let app = tokio::task::spawn_blocking(move || App::start(name, &url, &config));
        Self {
            name,
            app: Arc::new(app.await.expect("it starts")),
            store: place
                .builder(layout)
                .reruns(10_000)
                .connect()
                .await
                .expect("the server is there"),
            place,
        }
    }

    /// The cookies that Rust gives the browser, as the browser sends them.
    pub(crate) fn cookie(&self, session: &NodeSession) -> String {
        self.signed(session, &["keys", "keykeys"], &["keyboard cat"])
    }

    pub(crate) fn signed(&self, session: &NodeSession, koa: &[&str], express: &[&str]) -> String {
        let attributes = session.attributes().expect("settings");
        let now = cloakroom_core::Timestamp::EPOCH;
        let sid = session.sid().expose();
        match self.name {
            "express" => {
                let secrets = ExpressSecrets::new(express.iter().copied()).expect("secrets");
                let cookies = ExpressCookies::new("connect.sid", secrets);
                header_of(&[cookies.set(sid, &attributes, now).expect("a cookie")])
            }
            _ => {
                let keygrip = Keygrip::new(koa.iter().copied()).expect("keys");
                let cookies = KoaCookies::new(self.cookie_name(), keygrip);
                header_of(&cookies.set(sid, &attributes, now).expect("cookies"))
            }
        }
    }

    pub(crate) fn cookie_name(&self) -> &'static str {
        match self.name {
            "koa-generic" => "koa.sid",
            "express" => "connect.sid",
            _ => "koa.sess",
        }
    }

    /// The id that a cookie of Node's names, as Rust reads it.
    pub(crate) fn sid(&self, cookie: &str) -> Sid {
        let value = match self.name {
            "express" => {
                let cookies = ExpressCookies::new(
                    "connect.sid",
                    ExpressSecrets::new(["keyboard cat"]).expect("a secret"),
                );
                cookies.read(cookie.as_bytes()).value().map(str::to_owned)
            }
            name => {
                let name = if name == "koa-generic" {
                    "koa.sid"
                } else {
                    "koa.sess"
                };
                let cookies =
                    KoaCookies::new(name, Keygrip::new(["keys", "keykeys"]).expect("keys"));
                cookies.read(cookie.as_bytes()).value().map(str::to_owned)
            }
        };
        Sid::parse(&value.expect("Node's own cookie is right")).expect("an id of Node's")
    }

    pub(crate) async fn load(&self, sid: &Sid) -> Option<NodeSession> {
        self.store
            .load(sid)
            .await
            .expect("the server answers")
            .found()
    }
}
