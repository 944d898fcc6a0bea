//! Sessions of Cloakroom for every tower stack: axum, hyper, tonic.
//!
//! [`SessionLayer`] gives every request a [`RequestSession`]: one handle for reading, changing,
//! signing in and signing out. It takes care of cookies, of requests of one browser that come at the
//! same time, and of a store that fails.
//!
#![cfg_attr(feature = "axum", doc = "```")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::Router;
//! use axum::routing::{get, post};
//! use cloakroom_core::{Sessions, Subject};
//! use cloakroom_moka::MokaStore;
//! use cloakroom_tower::axum::SignedIn;
//! use cloakroom_tower::{RequestSession, Result, SessionLayer};
//!
//! #[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
//! struct Visit {
//!     count: u32,
//! }
//!
//! // Saved before the response leaves; the first visit creates the session and sets the cookie.
//! async fn visit(session: RequestSession<Visit>) -> Result<String> {
//!     let view = session.change(|visit| visit.count += 1).await?;
//!     Ok(format!("visit {}", view.data().count))
//! }
//!
//! async fn sign_in(session: RequestSession<Visit>) -> Result<&'static str> {
//!     let ada = Subject::new("ada").expect("a name");
//!     let attempt = session.begin_sign_in(&ada).await?;
//!     // … here the password is checked …
//!     let outcome = session.complete(attempt, Option::unwrap_or_default).await?;
//!     Ok(if outcome.is_signed_in() { "welcome" } else { "try again" })
//! }
//!
//! async fn account(user: SignedIn<Visit>) -> String {
//!     format!("{} was here {} times", user.subject, user.view.data().count)
//! }
//!
//! async fn sign_out(session: RequestSession<Visit>) -> Result<&'static str> {
//!     session.sign_out().await?;
//!     Ok("bye")
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sessions = Sessions::<Visit>::builder(MokaStore::new()).build()?;
//! let app: Router = Router::new()
//!     .route("/", get(visit))
//!     .route("/sign-in", post(sign_in))
//!     .route("/account", get(account))
//!     .route("/sign-out", post(sign_out))
//!     .layer(SessionLayer::builder(sessions).sign_in_page("/sign-in").build()?);
//! # use axum::body::Body;
//! # use http::{Request, StatusCode, header};
//! # use tower::ServiceExt as _;
//! # let first = Request::get("/").body(Body::empty())?;
//! # let first = app.clone().oneshot(first).await?;
//! # let cookie = first.headers()[header::SET_COOKIE].to_str()?.to_owned();
//! # let (pair, attributes) = cookie.split_once("; ").ok_or("attributes")?;
//! # assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Lax");
//! # let ask = |method, path: &str, pair: &str| {
//! #     let request = Request::builder().method(method).uri(path).header("cookie", pair);
//! #     app.clone().oneshot(request.body(Body::empty()).expect("a request"))
//! # };
//! # let refused = ask("GET", "/account", pair).await?;
//! # assert_eq!(refused.status(), StatusCode::SEE_OTHER);
//! # assert_eq!(refused.headers()[header::LOCATION], "/sign-in?return_to=/account");
//! # let signed_in = ask("POST", "/sign-in", pair).await?;
//! # let cookie = signed_in.headers()[header::SET_COOKIE].to_str()?.to_owned();
//! # let (pair, _) = cookie.split_once("; ").ok_or("attributes")?;
//! # let account = ask("GET", "/account", pair).await?;
//! # let body = axum::body::to_bytes(account.into_body(), 100).await?;
//! # assert_eq!(body, "ada was here 1 times");
//! # let signed_out = ask("POST", "/sign-out", pair).await?;
//! # assert!(signed_out.headers()[header::SET_COOKIE].to_str()?.contains("Max-Age=0"));
//! # Ok(())
//! # }
//! ```
//!
//! # Changes
//!
//! [`RequestSession::change`] takes a closure. It runs at once on the handler's own copy, and again when
//! the changes are saved: on what is stored by then, in one update, which is run again where another
//! request comes between. So two requests that are under way together both keep their changes: one that
//! counts, counts, and one that sets a key of a map sets that key alone. A handler that would rather be told
//! of a conflict uses [`RequestSession::replace_if_unchanged`].
//!
//! Changes are saved whatever status the handler answers with. A handler that wants none of them saved
//! says [`discard`](RequestSession::discard). Where the inner service fails with an error instead of a
//! response, nothing is saved. A layer within this one that drops the handler and answers in its place, as
//! timeouts do with 408, leaves what was changed until then to be saved:
//! [`discard_on`](SessionLayerBuilder::discard_on) is for that. One further out drops this layer too, and
//! nothing is saved.
//!
//! # Cookies
//!
//! A response sets the cookie only where its very request created the session, signed in, renewed the
//! token, or signed out:
//!
//! - Finding no session sets and deletes nothing. A cookie that opens nothing stays until it is replaced.
//! - A session that was signed out or revoked while a request was under way is not replaced by a fresh
//!   one, whether the request had loaded it by then or asks only afterwards: the browser may have signed
//!   in anew meanwhile. The changes are dropped: [`Saved::Dropped`]. Where the session ended **before**
//!   the request came, a change begins a new one. Which was first is told by the clocks of the hosts, and
//!   where they [may disagree](SessionLayerBuilder::clock_margin), the session counts as ended under way.
//!   Stores remember an ending for five minutes: a handler that will wait for longer asks first. So does
//!   one whose session may reach its deadline meanwhile, since nobody notes when that was.
//! - A request whose token was replaced by a sign-in, or is an old one whose grace is over, sets no cookie and
//!   stores nothing, unless it signs in itself.
//! - A handler that signs in and goes on for long sets no cookie if the new session has ended meanwhile.
//! - A token that was issued for the cookie goes out with the response, also where that is a failure: with a 503
//!   too, the user is signed in. That goes for a handler that has left another call unfinished, of which nobody
//!   can say what becomes, unless the session has ended by then or another request has renewed it. Such a
//!   response deletes no cookie.
//! - A call of [`complete`](RequestSession::complete) that goes on after the response has left or its client has
//!   gone, as in a task of its own, ends the session that it has made: nobody could be given the token. So does a
//!   save that creates a session, and a renewal without grace. **A handler that is dropped ends nothing**: where
//!   its client goes away, servers such as hyper drop it, and a sign-in that the store has made by then, or makes
//!   after all, is in the user's list. There it can be ended, and it ends by its timeouts. So it is where the
//!   response is lost on its way, or the inner service fails with an error after a sign-in. A token that was
//!   handed to the application, as by
//!   [`complete_without_cookie`](RequestSession::complete_without_cookie), is the application's to deliver, and its
//!   session is never ended so.
//! - A token that came in a header is never answered by a cookie, except by
//!   [`complete`](RequestSession::complete), which says so.
//!
//! What no server can decide is in which order responses reach the browser. Of two requests that both come
//! without a session and both create one, the browser keeps one.
//!
//! More than one cookie of the name, junk, and texts of another length than a token's are no token: not
//! looked up, and never adopted.
//!
//! # Caches
//!
//! A response that sets the cookie and may be kept by shared caches is given `Cache-Control:
//! no-store`, in place of what it had. Fields that tell some of them something else, such as
//! `CDN-Cache-Control` and `Surrogate-Control`, are taken away. One of a request that asked for its session is given `Vary:
//! Cookie`, and `Authorization` where that is a source, unless it has `no-store` or `private` and none of
//! these fields.
//!
//! # Failures of the store
//!
//! Down, slow and corrupt are [told apart](Failure). By default each closes: the response is 503 with
//! `Retry-After`, an empty body, and the failure in the header [`FAILURE_HEADER`]; a layer further out
//! finds a [`SessionFailure`] in the response's extensions. [`OnLoadFailure`] and [`OnSaveFailure`] are
//! the other ways, by failure.
//!
//! So is a sign-out, a revocation or a renewal that fails, or that the handler gives up half-way: it is
//! answered like a failed save, unless it is done after all, or the handler answers with a server error of
//! its own. A touch that fails keeps nobody from the session that was read.
//!
//! A call that the handler has begun and does not go on with, such as one in the body of the response, is
//! waited for as long as [for the store](SessionLayerBuilder::store_deadline), and twice as long where the
//! response sets a cookie. Then the layer saves nothing more, and the response is that of a failed save. What
//! that call itself had sent to the store may still be written, and where somebody goes on with it later, so
//! may what it sends then.
//!
//! # Features
//!
//! | feature | |
//! | --- | --- |
//! | `axum` | Extractors: the handle, the user who is signed in, the user who has authenticated lately. |
//! | `tracing` | A span for each operation, `cloakroom.session`, with `operation`, `backend` and `outcome`; events for failures. One that is given up half-way has the outcome `cancelled`. |
//! | `metrics` | The counter `cloakroom_session_operations_total` and the histogram `cloakroom_session_operation_seconds`, labelled as the spans are; the counters `cloakroom_session_failures_total` (by `backend`, `moment`, `failure`, `answer`), `cloakroom_session_dropped_changes_total` (`backend`, `why`) and `cloakroom_session_reused_tokens_total` (`backend`). |
//!
//! None of them has a token, and none a subject unless
//! [asked to](SessionLayerBuilder::tell_subjects).
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub mod axum;
mod body;
mod builder;
mod cookie;
mod error;
mod failure;
mod future;
mod layer;
mod layers;
mod observe;
mod outcome;
mod request_session;
mod response;
mod service;
mod source;
mod view;

pub use body::SessionBody;
pub use builder::{InvalidLayer, OnReused, SessionLayerBuilder};
pub use cookie::{InvalidCookie, Persistence, SameSite, SessionCookie};
pub use error::{Error, Result};
pub use failure::{Failure, Moment, OnLoadFailure, OnSaveFailure};
pub use future::ResponseFuture;
pub use layer::{SessionData, SessionLayer};
pub use outcome::{Dropped, Renewed, Replaced, Saved, SignInOutcome};
pub use request_session::RequestSession;
pub use response::{FAILURE_HEADER, SessionFailure};
pub use service::SessionService;
pub use source::TokenSource;
pub use view::SessionView;
