//! Signing up.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use cloakroom::tower::RequestSession;
use serde::Deserialize;

use crate::app::App;
use crate::device;
use crate::failure::Failure;
use crate::form_token::FormToken;
use crate::frame::Frame;
use crate::page::Page;
use crate::pages::SignUpPage;
use crate::passwords::Password;
use crate::posted::Posted;
use crate::signed_in;
use crate::users::{NAME_RULE, UserName};
use crate::visit::{Notice, Visit};

#[derive(Debug, Deserialize)]
pub(crate) struct SignUpForm {
    name: String,
    password: Password,
}

pub(crate) async fn show(
    State(app): State<App>,
    session: RequestSession<Visit>,
) -> Result<Response, Failure> {
    if signed_in::user(&app, &session).await?.is_some() {
        return Ok(Redirect::to("/").into_response());
    }
    refused(&session, StatusCode::OK, "", None).await
}

pub(crate) async fn submit(
    State(app): State<App>,
    session: RequestSession<Visit>,
    headers: HeaderMap,
    Posted(form): Posted<SignUpForm>,
) -> Result<Response, Failure> {
    let refuse = |status, why: String| refused(&session, status, &form.name, Some(why));
    let Some(name) = UserName::new(&form.name) else {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, NAME_RULE.to_owned()).await;
    };
    if let Some(weakness) = form.password.weakness(&name.to_string()) {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, weakness).await;
    }
    let hashed = app.passwords.hash(form.password.clone()).await?;
    let Some(user) = app.users.add(name, hashed).await? else {
        let why = "That name is taken. Please choose another, or sign in if it is yours.";
        return refuse(StatusCode::CONFLICT, why.to_owned()).await;
    };
    let attempt = session.begin_sign_in(&user.id).await?;
    let attempt = attempt.label(device::label(&headers));
    let fresh = FormToken::random()?;
    let carry = |visit| Visit::signed_in(visit, &fresh, Some(Notice::Welcome));
    let signed_in = session.complete(attempt, carry).await?;
    // Where another request came first, the account is there all the same.
    let next = if signed_in.is_signed_in() {
        "/"
    } else {
        "/sign-in"
    };
    Ok(Redirect::to(next).into_response())
}

async fn refused(
    session: &RequestSession<Visit>,
    status: StatusCode,
    name: &str,
    why: Option<String>,
) -> Result<Response, Failure> {
    let page = SignUpPage {
        frame: Frame::visitor(session).await?,
        name: name.to_owned(),
        why,
    };
    Ok(Page::with_status(status, page).into_response())
}
