//! Asking for the password again, before something dangerous (step-up).

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use cloakroom::tower::SignInOutcome;
use cloakroom::tower::axum::return_path;
use serde::Deserialize;

use crate::app::App;
use crate::failure::Failure;
use crate::form_token::FormToken;
use crate::frame::Frame;
use crate::page::Page;
use crate::pages::ConfirmPage;
use crate::passwords::Password;
use crate::posted::Posted;
use crate::signed_in::CurrentUser;
use crate::visit::Visit;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Way {
    return_to: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ConfirmForm {
    password: Password,
    #[serde(default)]
    return_to: String,
}

/// Nothing, where the password was typed lately enough; else the way to the page that asks for it, and
/// back.
pub(crate) fn unless_confirmed(app: &App, current: &CurrentUser, back: &str) -> Option<Redirect> {
    let is_confirmed = current.view.authenticated_within(app.confirm_after);
    (!is_confirmed).then(|| Redirect::to(&format!("/confirm?return_to={back}")))
}

pub(crate) async fn show(
    current: CurrentUser,
    way: Result<Query<Way>, QueryRejection>,
) -> Result<Response, Failure> {
    // One that makes no sense leads home.
    let Query(way) = way.unwrap_or_default();
    asked(&current, StatusCode::OK, &way.return_to, None).await
}

pub(crate) async fn submit(
    State(app): State<App>,
    current: CurrentUser,
    Posted(form): Posted<ConfirmForm>,
) -> Result<Response, Failure> {
    let session = &current.session;
    // Whose session it is, not whoever a form names.
    let attempt = session.begin_sign_in(&current.user.id).await?;
    let hashed = app.users.by_id(&current.user.id).map(|user| user.password);
    if !app.passwords.is_right(form.password, hashed).await? {
        let why = "That is not your password. Please try again.";
        return asked(&current, StatusCode::FORBIDDEN, &form.return_to, Some(why)).await;
    }
    let fresh = FormToken::random()?;
    let carry = |visit| Visit::signed_in(visit, &fresh, None);
    match session.complete(attempt, carry).await? {
        SignInOutcome::SignedIn { .. } | SignInOutcome::Gone => {
            Ok(Redirect::to(return_path(&form.return_to)).into_response())
        }
        SignInOutcome::Superseded | SignInOutcome::Expired | SignInOutcome::CapReached => {
            Ok(Redirect::to("/sign-in").into_response())
        }
    }
}

async fn asked(
    current: &CurrentUser,
    status: StatusCode,
    return_to: &str,
    why: Option<&str>,
) -> Result<Response, Failure> {
    let page = ConfirmPage {
        frame: Frame::user(&current.session, &current.user).await?,
        name: current.user.name.to_string(),
        return_to: return_path(return_to).to_owned(),
        why: why.map(str::to_owned),
    };
    Ok(Page::with_status(status, page).into_response())
}
