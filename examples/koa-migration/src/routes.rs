//! The routes, each as it is in Koa.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use cloakroom::Subject;
use cloakroom::node::{NodeData, NodeSession, Regenerated, Updated};
use redis::AsyncCommands as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::visitor::{Visitor, cleared, given, headers};
use crate::{Failure, Service};

type Answer = Result<(HeaderMap, Json<Value>), StatusCode>;

/// How often each side has counted.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Counts {
    rust: u64,
    koa: u64,
}

#[derive(Deserialize)]
pub(crate) struct Form {
    #[serde(default)]
    user: String,
    password: String,
}

pub(crate) async fn me(visitor: Visitor) -> Answer {
    Ok(shown(visitor.session.as_ref(), &visitor.set_cookie))
}

pub(crate) async fn sign_in(
    State(service): State<Service>,
    visitor: Visitor,
    Query(form): Query<Form>,
) -> Answer {
    let user = Subject::new(form.user).map_err(|_| StatusCode::FORBIDDEN)?;
    let mut redis = service.redis.clone();
    let known: Option<String> = redis
        .hget("passwords", user.as_str())
        .await
        .map_err(failed)?;
    // A real service keeps a hash that is made for passwords.
    if known.as_deref() != Some(form.password.as_str()) {
        return Err(StatusCode::FORBIDDEN);
    }
    let session = signed_in(&service, &visitor, &user).await.map_err(failed)?;
    // A late request has changed or ended the session that was signed in from: the browser asks again.
    let session = session.ok_or(StatusCode::CONFLICT)?;
    let set_cookie = given(&service, &session).map_err(failed)?;
    Ok(shown(Some(&session), &set_cookie))
}

/// The id always changes, and what the visitor has done so far comes along.
async fn signed_in(
    service: &Service,
    visitor: &Visitor,
    user: &Subject,
) -> Result<Option<NodeSession>, Failure> {
    let mut data = service.store.blank();
    let tokens = service.tokens.of(user);
    let Some(old) = &visitor.session else {
        data.set("user", user.as_str())?;
        return Ok(Some(tokens.sign_in(data).await?));
    };
    if let Some(counts) = old.data().get_json("counts") {
        data.set_json("counts", counts)?;
    }
    data.set("user", user.as_str())?;
    Ok(match tokens.sign_in_from(old, data).await? {
        Regenerated::Regenerated(session) => Some(session),
        Regenerated::Conflict | Regenerated::Missing => None,
    })
}

pub(crate) async fn count(State(service): State<Service>, visitor: Visitor) -> Answer {
    let add = |data: &mut NodeData| {
        let mut counts: Counts = data.get("counts")?.unwrap_or_default();
        counts.rust += 1;
        data.set("counts", &counts)
    };
    let mut set_cookie = visitor.set_cookie;
    let session = match visitor.session {
        Some(session) => match service
            .store
            .update(session.sid(), add)
            .await
            .map_err(failed)?
        {
            Updated::Saved(session) => Some(session),
            Updated::Absent | Updated::Over => None,
        },
        None => {
            let mut data = service.store.blank();
            add(&mut data).map_err(failed)?;
            Some(service.store.create(data).await.map_err(failed)?)
        }
    };
    if let Some(session) = &session {
        set_cookie = given(&service, session).map_err(failed)?;
    }
    Ok(shown(session.as_ref(), &set_cookie))
}

pub(crate) async fn sign_out(State(service): State<Service>, visitor: Visitor) -> Answer {
    if let Some(session) = &visitor.session {
        let ended = match visitor.user() {
            Some(user) => service.tokens.of(&user).sign_out(session.sid()).await,
            None => service.store.destroy(session.sid()).await,
        };
        let _ = ended.map_err(failed)?;
    }
    Ok(shown(None, &cleared(&service).map_err(failed)?))
}

pub(crate) async fn password(
    State(service): State<Service>,
    visitor: Visitor,
    Query(form): Query<Form>,
) -> Answer {
    let user = visitor.user().ok_or(StatusCode::FORBIDDEN)?;
    let mut redis = service.redis.clone();
    let set = redis.hset("passwords", user.as_str(), form.password);
    let () = set.await.map_err(failed)?;
    let _ = service.tokens.of(&user).end_all().await.map_err(failed)?;
    Ok(shown(None, &cleared(&service).map_err(failed)?))
}

fn shown(session: Option<&NodeSession>, set_cookie: &[String]) -> (HeaderMap, Json<Value>) {
    let value = |name: &str| {
        let data = session.map(NodeSession::data);
        data.and_then(|data| data.get(name).ok().flatten())
            .unwrap_or(Value::Null)
    };
    let body = json!({ "user": value("user"), "counts": value("counts") });
    (headers(set_cookie), Json(body))
}

/// A real service would log it.
fn failed(_: impl Into<Failure>) -> StatusCode {
    StatusCode::SERVICE_UNAVAILABLE
}
