//! Changing the password, which signs all other devices out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use crate::app::App;
use crate::failure::Failure;
use crate::form_token::FormToken;
use crate::frame::Frame;
use crate::page::Page;
use crate::pages::PasswordPage;
use crate::passwords::Password;
use crate::posted::Posted;
use crate::signed_in::CurrentUser;
use crate::visit::{Notice, Visit};

#[derive(Debug, Deserialize)]
pub(crate) struct PasswordForm {
    current: Password,
    new: Password,
}

pub(crate) async fn show(current: CurrentUser) -> Result<Response, Failure> {
    refused(&current, StatusCode::OK, None).await
}

pub(crate) async fn submit(
    State(app): State<App>,
    current: CurrentUser,
    Posted(form): Posted<PasswordForm>,
) -> Result<Response, Failure> {
    let session = &current.session;
    // To type the password is to authenticate again: a sign-in from this session, which stays under a
    // new token. As at any sign-in, the password is looked up after the attempt has begun.
    let attempt = session.begin_sign_in(&current.user.id).await?;
    let Some(user) = app.users.by_id(&current.user.id) else {
        return Err(Failure::NoAccount);
    };
    let hashed = Some(user.password.clone());
    if !app.passwords.is_right(form.current, hashed).await? {
        let why = "That is not your current password.".to_owned();
        return refused(&current, StatusCode::FORBIDDEN, Some(why)).await;
    }
    if let Some(weakness) = form.new.weakness() {
        return refused(&current, StatusCode::UNPROCESSABLE_ENTITY, Some(weakness)).await;
    }
    let new = app.passwords.hash(form.new).await?;
    if !app.users.change_password(&user, new).await? {
        let why = "Your password was changed a moment ago, from somewhere else.".to_owned();
        return refused(&current, StatusCode::CONFLICT, Some(why)).await;
    }

    // The others end only now: before, they could have come back by the old password. From here on a
    // failure must not pass for a success.
    let fresh = FormToken::random()?;
    let carry = |visit| Visit::signed_in(visit, &fresh, Some(Notice::PasswordChanged));
    let completed = session.complete(attempt, carry).await;
    if completed.map_err(Failure::OthersMayRemain)?.is_signed_in() {
        session
            .revoke_others()
            .await
            .map_err(Failure::OthersMayRemain)?;
        return Ok(Redirect::to("/devices").into_response());
    }
    // Somebody else has ended this session meanwhile, and may be signed in themselves.
    session.sessions().tokens(&user.id).revoke_all().await?;
    Ok(Redirect::to("/sign-in").into_response())
}

async fn refused(
    current: &CurrentUser,
    status: StatusCode,
    why: Option<String>,
) -> Result<Response, Failure> {
    let page = PasswordPage {
        frame: Frame::user(&current.session, &current.user).await?,
        name: current.user.name.to_string(),
        why,
    };
    Ok(Page::with_status(status, page).into_response())
}
