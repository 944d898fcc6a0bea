//! Signing out.

use axum::response::{IntoResponse as _, Redirect, Response};
use cloakroom::tower::RequestSession;

use crate::failure::Failure;
use crate::frame::Frame;
use crate::page::Page;
use crate::pages::GoodbyePage;
use crate::posted::{Button, Posted};
use crate::signed_in::CurrentUser;
use crate::visit::Visit;

/// Ends the session. Where the store fails, the user is told so, and is still signed in: a page that
/// says goodbye all the same would lie.
pub(crate) async fn submit(
    _user: CurrentUser,
    session: RequestSession<Visit>,
    Posted(Button {}): Posted<Button>,
) -> Result<Response, Failure> {
    session.sign_out().await?;
    Ok(Redirect::to("/goodbye").into_response())
}

pub(crate) async fn show() -> Response {
    Page::new(GoodbyePage {
        frame: Frame::bare(),
        account_deleted: false,
    })
    .into_response()
}
