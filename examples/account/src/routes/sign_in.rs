//! Signing in.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use cloakroom::tower::axum::return_path;
use cloakroom::tower::{RequestSession, SignInOutcome};
use serde::Deserialize;

use crate::app::App;
use crate::device;
use crate::failure::Failure;
use crate::form_token::FormToken;
use crate::frame::Frame;
use crate::page::Page;
use crate::pages::SignInPage;
use crate::passwords::Password;
use crate::posted::Posted;
use crate::signed_in;
use crate::store::REMEMBERED;
use crate::visit::{Notice, Visit};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Way {
    return_to: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SignInForm {
    name: String,
    password: Password,
    /// A box that is not ticked is not sent.
    remember: Option<String>,
    #[serde(default)]
    return_to: String,
}

/// One answer for a wrong name and a wrong password: it tells nobody who has an account.
const WRONG: &str = "That name and password do not belong together. Please try again.";
const AGAIN: &str = "Something about your account has just changed. Please sign in once more.";

pub(crate) async fn show(
    State(app): State<App>,
    session: RequestSession<Visit>,
    way: Result<Query<Way>, QueryRejection>,
) -> Result<Response, Failure> {
    // One that makes no sense leads home.
    let Query(way) = way.unwrap_or_default();
    if signed_in::user(&app, &session).await?.is_some() {
        return Ok(Redirect::to(return_path(&way.return_to)).into_response());
    }
    let page = SignInPage {
        frame: Frame::visitor(&session).await?,
        name: String::new(),
        remember: false,
        return_to: return_path(&way.return_to).to_owned(),
        why: None,
    };
    Ok(Page::new(page).into_response())
}

pub(crate) async fn submit(
    State(app): State<App>,
    session: RequestSession<Visit>,
    headers: HeaderMap,
    Posted(form): Posted<SignInForm>,
) -> Result<Response, Failure> {
    // The same steps for a name that nobody has, so that neither the answer nor its time tells.
    let id = app.users.id_of(&form.name)?;
    let attempt = session.begin_sign_in(&id).await?;
    // The password is looked up only now. One that was changed before would supersede no attempt
    // that begins after.
    let hashed = app.users.by_id(&id).map(|user| user.password);
    if !app
        .passwords
        .is_right(form.password.clone(), hashed)
        .await?
    {
        return refused(&session, StatusCode::FORBIDDEN, &form, WRONG).await;
    }
    let mut attempt = attempt.label(device::label(&headers));
    if form.remember.is_some() {
        attempt = attempt.remembered(REMEMBERED);
    }
    let fresh = FormToken::random()?;
    let carry = |visit| Visit::signed_in(visit, &fresh, Some(Notice::SignedIn));
    match session.complete(attempt, carry).await? {
        // Gone: the form was sent twice, and the other one has signed in. The browser has its cookie.
        SignInOutcome::SignedIn { .. } | SignInOutcome::Gone => {
            Ok(Redirect::to(return_path(&form.return_to)).into_response())
        }
        SignInOutcome::Superseded | SignInOutcome::Expired | SignInOutcome::CapReached => {
            refused(&session, StatusCode::CONFLICT, &form, AGAIN).await
        }
    }
}

async fn refused(
    session: &RequestSession<Visit>,
    status: StatusCode,
    form: &SignInForm,
    why: &str,
) -> Result<Response, Failure> {
    let page = SignInPage {
        frame: Frame::visitor(session).await?,
        name: form.name.clone(),
        remember: form.remember.is_some(),
        return_to: return_path(&form.return_to).to_owned(),
        why: Some(why.to_owned()),
    };
    Ok(Page::with_status(status, page).into_response())
}
