//! Changing the password, which signs all other devices out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use cloakroom::SignInAttempt;
use cloakroom::tower::RequestSession;
use serde::Deserialize;

use crate::app::App;
use crate::failure::Failure;
use crate::form_token::FormToken;
use crate::frame::Frame;
use crate::page::Page;
use crate::pages::PasswordPage;
use crate::passwords::{Hashed, Password};
use crate::posted::Posted;
use crate::signed_in::CurrentUser;
use crate::users::User;
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
    if let Some(weakness) = form.new.weakness(&user.name.to_string()) {
        return refused(&current, StatusCode::UNPROCESSABLE_ENTITY, Some(weakness)).await;
    }
    let new = app.passwords.hash(form.new).await?;
    // A task of its own: where the client goes away, the request is dropped, and the password must not
    // change without the others being signed out.
    let changing = change(app, current.session.clone(), user, new, attempt);
    match tokio::spawn(changing).await?? {
        Changed::Yes => Ok(Redirect::to("/devices").into_response()),
        Changed::SignedOut => Ok(Redirect::to("/sign-in").into_response()),
        Changed::TooLate => {
            let why = "Your password was changed a moment ago, from somewhere else.".to_owned();
            refused(&current, StatusCode::CONFLICT, Some(why)).await
        }
    }
}

enum Changed {
    Yes,
    /// Yes, and this session has ended as well.
    SignedOut,
    /// No: another change came first.
    TooLate,
}

/// Changes the password, and ends all other sessions, whether or not somebody still waits for it.
async fn change(
    app: App,
    session: RequestSession<Visit>,
    user: User,
    new: Hashed,
    attempt: SignInAttempt,
) -> Result<Changed, Failure> {
    let before = session.token().await?;
    let fresh = FormToken::random()?;
    if !app.users.change_password(&user, new).await? {
        return Ok(Changed::TooLate);
    }
    // The others end only now: before, they could have come back by the old password. From here on a
    // failure must not pass for a success.
    let carry = |visit| Visit::signed_in(visit, &fresh, Some(Notice::PasswordChanged));
    let completed = session.complete(attempt, carry).await;
    let kept = match &completed {
        // None where the answer can reach nobody any more: nobody has the new token then.
        Ok(outcome) if outcome.is_signed_in() => session.token().await.ok().flatten(),
        // Somebody else has ended this session meanwhile, and may be signed in themselves.
        Ok(_) => None,
        // This session goes on under its old token, if it does.
        Err(_) => before,
    };
    // Not by the request, which is closed where the client has gone.
    let tokens = session.sessions().tokens(&user.id);
    match &kept {
        Some(token) => tokens.revoke_others(token).await,
        None => tokens.revoke_all().await,
    }
    .map_err(Failure::OthersMayRemain)?;
    if completed.map_err(Failure::TokenMayRemain)?.is_signed_in() {
        Ok(Changed::Yes)
    } else {
        Ok(Changed::SignedOut)
    }
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
