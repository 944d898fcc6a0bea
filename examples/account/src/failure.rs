//! What can go wrong, and the page that says so.

use std::error::Error;

use axum::extract::rejection::FormRejection;
use axum::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use cloakroom::ErrorKind;
use cloakroom::tower::axum::{MissingLayer, SessionRejection};
use cloakroom::tower::{self, Moment, SessionFailure};

use crate::page::Page;
use crate::pages::{self, Trouble};
use crate::passwords::PasswordFailure;
use crate::users::UsersFailure;

/// Why a handler has no page to show. It becomes a response that says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Nobody is signed in, or the session could not be read.
    #[error(transparent)]
    Rejected(#[from] SessionRejection),
    /// The session could not be read or changed.
    #[error(transparent)]
    Session(#[from] tower::Error),
    /// The sessions of a user could not be listed or ended.
    #[error(transparent)]
    Store(#[from] cloakroom::Error),
    /// The password is another now, but not everybody else may be signed out.
    #[error("the password has changed, but other devices may still be signed in")]
    OthersMayRemain(#[source] cloakroom::Error),
    /// The password is another now, and everybody else is signed out, but this session may have no new
    /// token.
    #[error("the password has changed, but this session may not have been renewed")]
    TokenMayRemain(#[source] tower::Error),
    /// The account is gone, but its sessions may be there. They open nothing.
    #[error("the account is deleted, but its sessions may not have ended")]
    SessionsMayRemain(#[source] tower::Error),
    /// A task of a handler has panicked.
    #[error("a task came to grief")]
    Task(#[from] tokio::task::JoinError),
    #[error("the session is of a user that is gone")]
    NoAccount,
    #[error("the form is of another session, or of none")]
    FormOutOfDate,
    #[error("another site made the browser send this")]
    FromElsewhere,
    #[error(transparent)]
    Form(#[from] FormRejection),
    #[error(transparent)]
    MissingLayer(#[from] MissingLayer),
    #[error(transparent)]
    Password(#[from] PasswordFailure),
    #[error(transparent)]
    Users(#[from] UsersFailure),
    #[error("the operating system has no randomness to give")]
    Entropy(#[from] getrandom::Error),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            // A redirect; or the store has failed, which the layer tells by itself.
            Self::Rejected(rejection) => rejection.into_response(),
            Self::NoAccount => Redirect::to("/sign-in").into_response(),
            Self::FormOutOfDate => page(StatusCode::FORBIDDEN, &pages::FORM_OUT_OF_DATE),
            Self::FromElsewhere => page(StatusCode::FORBIDDEN, &pages::FROM_ELSEWHERE),
            Self::Form(rejection) => page(rejection.status(), &pages::FORM_UNREADABLE),
            // The layer has the status for these, and `Retry-After`.
            Self::Session(error) => with_page(error.into_response(), &pages::NOT_DONE),
            Self::TokenMayRemain(error) => {
                with_page(error.into_response(), &pages::PASSWORD_CHANGED)
            }
            Self::OthersMayRemain(_) => {
                log(&self);
                come_again(page(
                    StatusCode::SERVICE_UNAVAILABLE,
                    &pages::OTHERS_MAY_REMAIN,
                ))
            }
            Self::SessionsMayRemain(error) => {
                with_page(error.into_response(), &pages::ACCOUNT_GONE)
            }
            Self::Store(ref error) if is_passing(error) => {
                log(&self);
                come_again(page(StatusCode::SERVICE_UNAVAILABLE, &pages::NOT_DONE))
            }
            Self::Store(_)
            | Self::MissingLayer(_)
            | Self::Password(_)
            | Self::Users(_)
            | Self::Task(_)
            | Self::Entropy(_) => {
                log(&self);
                page(StatusCode::INTERNAL_SERVER_ERROR, &pages::OUR_FAULT)
            }
        }
    }
}

/// A middleware that puts a page on what the session layer answers in place of a handler, where the store
/// has failed.
pub(crate) async fn show_page(response: Response) -> Response {
    let Some(failure) = response.extensions().get::<SessionFailure>().copied() else {
        return response;
    };
    let trouble = match (failure.moment, failure.failure) {
        (Moment::Saving, _) => &pages::NOT_DONE,
        (Moment::Loading, tower::Failure::Unavailable | tower::Failure::Slow) => &pages::STORE_DOWN,
        (Moment::Loading, _) => &pages::SESSION_UNREADABLE,
    };
    with_page(response, trouble)
}

/// The same response, status, headers and all, with a page in it.
fn with_page(mut response: Response, trouble: &'static Trouble) -> Response {
    let page = page(response.status(), trouble);
    let (head, body) = page.into_parts();
    response.headers_mut().extend(head.headers);
    response.headers_mut().remove(CONTENT_LENGTH);
    *response.body_mut() = body;
    response
}

/// There is no such page.
pub(crate) async fn not_found() -> Response {
    page(StatusCode::NOT_FOUND, &pages::NOT_FOUND)
}

/// The page is there, but not to be posted to, or only for that.
pub(crate) async fn not_allowed() -> Response {
    page(StatusCode::METHOD_NOT_ALLOWED, &pages::NOT_ALLOWED)
}

fn page(status: StatusCode, trouble: &'static Trouble) -> Response {
    Page::with_status(status, pages::TroublePage::new(trouble)).into_response()
}

fn come_again(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

fn is_passing(error: &cloakroom::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unavailable
            | ErrorKind::Timeout
            | ErrorKind::Contended
            | ErrorKind::Full
            | ErrorKind::OutcomeUnknown
    )
}

fn log(failure: &Failure) {
    tracing::error!(error = failure as &dyn Error, "a request failed");
}
