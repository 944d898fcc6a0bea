//! Cloakroom keeps web sessions and, for each user, the set of tokens that are signed in.
//!
//! You leave your things at the cloakroom and get a token. The token brings them back, once handed in
//! it is worth nothing, and the attendant can void every token of one guest at once.
//!
#![cfg_attr(feature = "moka", doc = "```")]
#![cfg_attr(not(feature = "moka"), doc = "```ignore")]
//! use cloakroom::{MokaStore, Sessions, Subject};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sessions = Sessions::<Vec<String>>::builder(MokaStore::new()).build()?;
//!
//! // A visitor fills a cart and signs in. The cart comes along, and the token changes.
//! let visit = sessions.create(vec![]).await?;
//! let _ = sessions.update(&visit.token, |cart| cart.push("hat".into())).await?;
//! let ada = Subject::new("ada")?;
//! let attempt = sessions.begin_sign_in(&ada).await?; // … then check the password …
//! let sign_in = sessions.complete(attempt, Some(&visit.token), Option::unwrap_or_default).await?;
//! let issued = sign_in.signed_in().ok_or("refused")?;
//! assert_eq!(issued.session.data(), &["hat"]);
//!
//! // The password was stolen: all her sessions end, whoever holds the tokens.
//! let revoked = sessions.tokens(&ada).revoke_all().await?;
//! assert_eq!(revoked.ended, [issued.session.id()]);
//! assert!(!sessions.load(&issued.token).await?.is_found());
//! # Ok(())
//! # }
//! ```
//!
//! # Words
//!
//! | word | meaning |
//! | --- | --- |
//! | [token](Token) | The secret that the client holds. It is never stored, logged or printed. |
//! | [session id](SessionId) | What the store knows a token by: a one-way digest. Safe to list and to log; it opens nothing. |
//! | [subject](Subject) | Whose session it is: the user id that the application chose. A session without one is *anonymous*. |
//! | [session](Session) | What is stored under an id: subject, times, timeouts, label, and your data. |
//! | [token set](Tokens) | The sessions of one subject that are signed in. |
//! | [sign-in attempt](SignInAttempt) | A sign-in under way, from naming the user to having proved it. |
//! | [idle and overall timeout](Timeouts) | A session ends so long after its last use, or after its creation or last authentication, whichever comes first. |
//! | [renew](Sessions::renew) | A new token for the same session. |
//! | [revoke](Tokens::revoke_all) | End a session, or a whole token set, for good. |
//!
//! # Where to begin
//!
//! - [`Sessions`] is the handle that an application holds. [`Sessions::builder`] makes one over a store.
//! - [`Sessions::tokens`] is the token set of a user: list it, end one session, the others, or all.
//! - [`guides`] has a page for each question that comes up when a service is built on sessions:
//!   [signing in](guides::signing_in), [renewing tokens](guides::renewing_tokens),
//!   [reauthentication](guides::step_up), [WebSockets](guides::long_lived_connections),
//!   [other user ids](guides::changing_user_ids), [impersonation](guides::impersonation),
//!   [unit tests](guides::unit_tests), and [operating it](guides::operating).
//!
//! # Stores
//!
//! | store | feature | for | survives a restart | shared by hosts |
//! | --- | --- | --- | --- | --- |
#![cfg_attr(
    feature = "moka",
    doc = "| [`MokaStore`] | `moka` (on by default) | unit tests, and services on one node that may forget | no | no |"
)]
#![cfg_attr(
    feature = "sled",
    doc = "| [`SledStore`] | `sled` | services on one machine that keep their sessions over restarts and crashes | yes | no |"
)]
#![cfg_attr(
    feature = "redis",
    doc = "| [`RedisStore`] | `redis` | services on many nodes: one server, Sentinel, or a cluster | as far as the server does | yes |"
)]
//! | your own | | [`SessionStore`] is the trait, `cloakroom-conformance` the suite that proves it right | | |
//!
//! # Features
//!
//! | feature | |
//! | --- | --- |
//! | `moka` | `MokaStore`, the store in memory. On by default. |
//! | `sled` | `SledStore`, the store on disk. |
//! | `redis` | `RedisStore`, the store on Redis or Valkey, with TLS. |
//! | `tower` | `tower`: the layer for tower stacks. |
//! | `axum` | The same, with extractors for axum. |
//! | `tracing`, `metrics` | What the layer tells of itself. |
//! | `node` | `node`: sessions that are shared with Koa and Express services, in their own format. |
//! | `msgpack`, `postcard` | Codecs for session data beside JSON. |
//! | `testing` | `fault`: a store that fails on demand, for the tests of your application. |
//! | `tokio` | `Sweeper::spawn`: runs the sweeper as a task, for stores that need one. |
//!
//! Everything of `cloakroom_core` is here under the same name: where an example says
//! `cloakroom_core`, an application writes `cloakroom`.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doc)]
pub mod guides;

#[doc(inline)]
pub use cloakroom_core::*;

#[cfg(feature = "moka")]
#[cfg_attr(docsrs, doc(cfg(feature = "moka")))]
#[doc(inline)]
pub use cloakroom_moka as moka;
#[cfg(feature = "moka")]
#[cfg_attr(docsrs, doc(cfg(feature = "moka")))]
#[doc(inline)]
pub use cloakroom_moka::MokaStore;

#[cfg(feature = "node")]
#[cfg_attr(docsrs, doc(cfg(feature = "node")))]
#[doc(inline)]
pub use cloakroom_node as node;

#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
#[doc(inline)]
pub use cloakroom_redis as redis;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
#[doc(inline)]
pub use cloakroom_redis::RedisStore;
#[cfg(feature = "sled")]
#[cfg_attr(docsrs, doc(cfg(feature = "sled")))]
#[doc(inline)]
pub use cloakroom_sled as sled;
#[cfg(feature = "sled")]
#[cfg_attr(docsrs, doc(cfg(feature = "sled")))]
#[doc(inline)]
pub use cloakroom_sled::SledStore;

#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
#[doc(inline)]
pub use cloakroom_tower as tower;

/// The examples of the READMEs, this package's and the project's, compiled and run.
#[cfg(all(doctest, feature = "moka"))]
mod readme {
    #[doc = include_str!("../README.md")]
    mod package {}
    #[doc = include_str!("../../../README.md")]
    mod project {}
}
