//! The service in Rust that takes over from Koa: the same routes, the same cookie, the same sessions in Redis.

mod routes;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use cloakroom::node::{Attributes, Keygrip, KoaCookies, Layout, NodeStore, Servers, TokenSets};
use redis::aio::ConnectionManager;

/// Whatever went wrong.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What every request needs.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) store: NodeStore,
    pub(crate) tokens: TokenSets,
    pub(crate) cookies: Arc<KoaCookies>,
    /// The application's own data, which have nothing to do with sessions.
    pub(crate) redis: ConnectionManager,
}

/// The routes, over the Redis that the Koa application has.
///
/// # Errors
///
/// Where Redis cannot be reached.
pub async fn service(url: &str) -> Result<Router, Failure> {
    // As the Koa application says: session({ key: 'koa.sid', prefix: 'sid:' }), whose cookie lives a day by itself.
    let layout = Layout::koa_generic()
        .key_prefix("sid:")
        .cookie(Attributes::new().max_age(std::time::Duration::from_hours(24)));
    let store = NodeStore::builder(layout, Servers::standalone(url))
        .connect()
        .await?;
    let service = Service {
        tokens: TokenSets::new(store.clone(), "tokens:"),
        cookies: Arc::new(KoaCookies::new(
            "koa.sid",
            Keygrip::new(["newest key", "older key"])?,
        )),
        redis: ConnectionManager::new(redis::Client::open(url)?).await?,
        store,
    };
    Ok(Router::new()
        .route("/sign-in", any(routes::sign_in))
        .route("/count", any(routes::count))
        .route("/sign-out", any(routes::sign_out))
        .route("/password", any(routes::password))
        .route("/me", any(routes::me))
        .with_state(service))
}
