//! The same handler, with a session and without.

use std::path::Path;

use axum::Router;
use axum::routing::get;
use cloakroom::tower::{RequestSession, SessionCookie, SessionLayer};
use cloakroom::{MokaStore, SessionStore, Sessions, SledStore, Subject};
use cloakroom_redis::{RedisStore, Server};
use serde::{Deserialize, Serialize};
use tower_sessions::{MemoryStore, SessionManagerLayer};

// Where the file of the Redis server, which another program has too, looks for it.
pub(crate) use crate::Failure;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    NoSession,
    NotAsked,
    Moka,
    Sled,
    Redis,
    TowerSessions,
    Express,
    ConnectRedis,
    Koa,
    KoaRedis,
}

impl Who {
    pub(crate) const ALL: [Self; 10] = [
        Self::NoSession,
        Self::NotAsked,
        Self::Moka,
        Self::Sled,
        Self::Redis,
        Self::TowerSessions,
        Self::Express,
        Self::ConnectRedis,
        Self::Koa,
        Self::KoaRedis,
    ];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::NoSession => "no session",
            Self::NotAsked => "Cloakroom's layer, session not asked for",
            Self::Moka => "Cloakroom, `MokaStore`, session read",
            Self::Sled => "Cloakroom, `SledStore`, session read",
            Self::Redis => "Cloakroom, `RedisStore`, session read",
            Self::TowerSessions => "tower-sessions, `MemoryStore`, session read",
            Self::Express => "Express in Node, no session",
            Self::ConnectRedis => "express-session, connect-redis, session read",
            Self::Koa => "Koa in Node, no session",
            Self::KoaRedis => "koa-generic-session, koa-redis, session read",
        }
    }

    /// The name of those that are programs of their own, in Node.
    pub(crate) const fn in_node(self) -> Option<&'static str> {
        match self {
            Self::Express => Some("express"),
            Self::ConnectRedis => Some("connect-redis"),
            Self::Koa => Some("koa"),
            Self::KoaRedis => Some("koa-redis"),
            _ => None,
        }
    }

    /// Whether its sessions are in Redis.
    pub(crate) const fn is_on_redis(self) -> bool {
        matches!(self, Self::Redis | Self::ConnectRedis | Self::KoaRedis)
    }

    /// Whether the handler answers with what is in the session.
    pub(crate) const fn reads(self) -> bool {
        !matches!(
            self,
            Self::NoSession | Self::NotAsked | Self::Express | Self::Koa
        )
    }

    /// `/new` makes a session; `/` is what is measured. None for those that are programs of their own.
    pub(crate) async fn router(
        self,
        scratch: &Path,
        redis: &str,
    ) -> Result<Option<Router>, Failure> {
        Ok(Some(match self {
            Self::NoSession => Router::new()
                .route("/", get(constant))
                .route("/new", get(constant)),
            Self::NotAsked => cloakroom(get(constant), MokaStore::new())?,
            Self::Moka => cloakroom(get(read), MokaStore::new())?,
            Self::Sled => cloakroom(get(read), SledStore::open(scratch.join("sled"))?)?,
            Self::Redis => {
                let store = RedisStore::builder(Server::standalone(redis));
                cloakroom(get(read), store.connect().await?)?
            }
            Self::TowerSessions => {
                let layer = SessionManagerLayer::new(MemoryStore::default()).with_secure(false);
                Router::new()
                    .route("/", get(theirs::read))
                    .route("/new", get(theirs::make))
                    .layer(layer)
            }
            Self::Express | Self::ConnectRedis | Self::Koa | Self::KoaRedis => return Ok(None),
        }))
    }
}

/// What a session holds: the number that the handler answers, and what a page's forms need.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Visit {
    count: u64,
    form_token: String,
}

/// The handlers answer this number, from the session where they have one.
pub(crate) const COUNT: u64 = 7;
const FORM_TOKEN: &str = "a-token-of-forty-three-characters-as-it-is-";

async fn constant() -> String {
    COUNT.to_string()
}

fn cloakroom(
    handler: axum::routing::MethodRouter,
    store: impl SessionStore,
) -> Result<Router, Failure> {
    let sessions = Sessions::<Visit>::builder(store).build()?;
    let layer = SessionLayer::builder(sessions)
        .cookie(SessionCookie::plain_http_on_localhost())
        .build()?;
    Ok(Router::new()
        .route("/", handler)
        .route("/new", get(make))
        .layer(layer))
}

async fn read(session: RequestSession<Visit>) -> Result<String, cloakroom::tower::Error> {
    let view = session.get().await?;
    Ok(view.map_or(0, |view| view.data().count).to_string())
}

/// Signs somebody in, each time another, so that a read has to ask for the token set as well.
async fn make(session: RequestSession<Visit>) -> Result<(), cloakroom::tower::Error> {
    let user: u64 = rand::random();
    if let Ok(subject) = Subject::new(user.to_string()) {
        let attempt = session.begin_sign_in(&subject).await?;
        let visit = || Visit {
            count: COUNT,
            form_token: FORM_TOKEN.to_owned(),
        };
        let _ = session.complete(attempt, |_| visit()).await?;
    }
    Ok(())
}

mod theirs {
    use tower_sessions::Session;
    use tower_sessions::session::Error;

    use super::{COUNT, FORM_TOKEN};

    pub(super) async fn read(session: Session) -> Result<String, String> {
        let count: Option<u64> = session.get("count").await.map_err(told)?;
        Ok(count.unwrap_or_default().to_string())
    }

    pub(super) async fn make(session: Session) -> Result<(), String> {
        session.insert("count", COUNT).await.map_err(told)?;
        session.insert("form_token", FORM_TOKEN).await.map_err(told)
    }

    fn told(error: Error) -> String {
        error.to_string()
    }
}
