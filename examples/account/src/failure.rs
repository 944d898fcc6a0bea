//! What can go wrong, and the page that says so.

use std::error::Error;

use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use cloakroom::ErrorKind;
use cloakroom::tower::axum::{MissingLayer, SessionRejection};
use cloakroom::tower::{self, SessionFailure};

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
    OthersMayRemain(#[source] tower::Error),
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
            // The layer has its own answers to these: redirects, and failures that `show_page` puts a page on.
            Self::Rejected(rejection) => rejection.into_response(),
            Self::Session(error) => error.into_response(),
            Self::NoAccount => Redirect::to("/sign-in").into_response(),
            Self::FormOutOfDate => page(StatusCode::FORBIDDEN, &pages::FORM_OUT_OF_DATE),
            Self::FromElsewhere => page(StatusCode::FORBIDDEN, &pages::FROM_ELSEWHERE),
            Self::Form(rejection) => page(rejection.status(), &pages::FORM_UNREADABLE),
            Self::OthersMayRemain(ref error) => {
                log(&self);
                let status = error.clone().into_response().status();
                let response = page(status, &pages::OTHERS_MAY_REMAIN);
                come_again(response)
            }
            Self::Store(ref error) if is_passing(error) => {
                log(&self);
                come_again(page(StatusCode::SERVICE_UNAVAILABLE, &pages::STORE_DOWN))
            }
            Self::Store(_)
            | Self::MissingLayer(_)
            | Self::Password(_)
            | Self::Users(_)
            | Self::Entropy(_) => {
                log(&self);
                page(StatusCode::INTERNAL_SERVER_ERROR, &pages::OUR_FAULT)
            }
        }
    }
}

/// A middleware that puts a page on what the session layer answers where the store has failed. Status,
/// headers and all stay as they are.
pub(crate) async fn show_page(mut response: Response) -> Response {
    let Some(failure) = response.extensions().get::<SessionFailure>() else {
        return response;
    };
    let trouble = match failure.failure {
        tower::Failure::Unavailable | tower::Failure::Slow => &pages::STORE_DOWN,
        _ => &pages::SESSION_UNREADABLE,
    };
    let html = match pages::render(trouble) {
        Ok(html) => html,
        Err(_) => return response,
    };
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    *response.body_mut() = Body::from(html);
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
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
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
