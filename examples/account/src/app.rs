//! The application: what its handlers share, and which path leads to which.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, map_response};
use axum::routing::{get, post};
use cloakroom::tower::SessionLayer;

use crate::head::page;
use crate::passwords::Passwords;
use crate::routes::{assets, confirm, delete, devices, home, password, sign_in, sign_out, sign_up};
use crate::users::Users;
use crate::visit::Visit;
use crate::{failure, headers, origin};

/// What the handlers share. Sessions are not among it: the layer hands each request its own.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) users: Users,
    pub(crate) passwords: Passwords,
    /// How long ago the password may have been typed before a dangerous action.
    pub(crate) confirm_after: Duration,
}

/// No form here is longer.
const LONGEST_FORM: usize = 16 * 1024;

impl App {
    pub(crate) fn router(self, sessions: SessionLayer<Visit>) -> Router {
        Router::new()
            .route("/", page(home::show))
            .route("/sign-up", page(sign_up::show).post(sign_up::submit))
            .route("/sign-in", page(sign_in::show).post(sign_in::submit))
            .route("/sign-out", post(sign_out::submit))
            .route("/goodbye", page(sign_out::show))
            .route("/devices", page(devices::show))
            .route("/devices/end", post(devices::end_one))
            .route("/devices/end-others", post(devices::end_others))
            .route("/password", page(password::show).post(password::submit))
            .route("/confirm", page(confirm::show).post(confirm::submit))
            .route("/delete-account", page(delete::show).post(delete::submit))
            .route("/account-deleted", page(delete::done))
            .route("/style.css", get(assets::style))
            .route("/icon.svg", get(assets::icon))
            .fallback(failure::not_found)
            .method_not_allowed_fallback(failure::not_allowed)
            .layer(sessions)
            // From here on outwards: what needs no session.
            .layer(from_fn(origin::same_origin_only))
            .layer(map_response(failure::show_page))
            .layer(map_response(headers::add))
            .layer(DefaultBodyLimit::max(LONGEST_FORM))
            .with_state(self)
    }
}
