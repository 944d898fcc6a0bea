//! Deleting the account, which ends every session of it.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::ago::in_words;
use crate::app::App;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::page::Page;
use crate::pages::{DeletePage, GoodbyePage};
use crate::posted::{Button, Posted};
use crate::routes::confirm::unless_confirmed;
use crate::signed_in::CurrentUser;

const HERE: &str = "/delete-account";

pub(crate) async fn show(
    State(app): State<App>,
    current: CurrentUser,
) -> Result<Response, Failure> {
    if let Some(elsewhere) = unless_confirmed(&app, &current, HERE) {
        return Ok(elsewhere.into_response());
    }
    let page = DeletePage {
        frame: Frame::user(&current.session, &current.user).await?,
        name: current.user.name.to_string(),
        confirm_after: in_words(app.confirm_after),
    };
    Ok(Page::new(page).into_response())
}

pub(crate) async fn submit(
    State(app): State<App>,
    current: CurrentUser,
    Posted(Button {}): Posted<Button>,
) -> Result<Response, Failure> {
    // Asked again: a page can stand open for hours, and nobody has to open it to post to it.
    if let Some(elsewhere) = unless_confirmed(&app, &current, HERE) {
        return Ok(elsewhere.into_response());
    }
    // First so that nobody can sign in any more, then whoever is signed in. Where the second fails,
    // their sessions are of nobody, and open nothing: see `signed_in.rs`.
    // A task of its own: where the client goes away, the request is dropped, and neither may be left out.
    let CurrentUser { user, session, .. } = current;
    let deleting = async move {
        app.users.remove(&user.id).await?;
        match session.revoke_all().await {
            // The request is closed, and ends nothing any more.
            Err(error) if error.is_too_late() => {
                session.sessions().tokens(&user.id).revoke_all().await?;
            }
            ended => _ = ended.map_err(Failure::SessionsMayRemain)?,
        }
        Ok::<_, Failure>(())
    };
    tokio::spawn(deleting).await??;
    Ok(Redirect::to("/account-deleted").into_response())
}

pub(crate) async fn done() -> Response {
    Page::new(GoodbyePage {
        frame: Frame::bare(),
        account_deleted: true,
    })
    .into_response()
}
