//! The extractor for pages that need somebody to be signed in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use cloakroom::tower::axum::SignedIn;
use cloakroom::tower::{RequestSession, SessionView};

use crate::app::App;
use crate::failure::Failure;
use crate::users::User;
use crate::visit::Visit;

/// Somebody who is signed in, and whose account is there. Anybody else is sent to the sign-in page, and
/// from there back to the page that was asked for.
#[derive(Debug)]
pub(crate) struct CurrentUser {
    pub(crate) user: User,
    pub(crate) session: RequestSession<Visit>,
    pub(crate) view: SessionView<Visit>,
}

/// Who is signed in; nobody where the account is gone, so that such a browser can sign in anew.
pub(crate) async fn user(
    app: &App,
    session: &RequestSession<Visit>,
) -> Result<Option<User>, Failure> {
    let subject = session.subject().await?;
    Ok(subject.and_then(|subject| app.users.by_id(&subject)))
}

impl FromRequestParts<App> for CurrentUser {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let signed_in = SignedIn::<Visit>::from_request_parts(parts, app).await?;
        let SignedIn {
            subject,
            session,
            view,
            ..
        } = signed_in;
        match app.users.by_id(&subject) {
            Some(user) => Ok(Self {
                user,
                session,
                view,
            }),
            // The account was deleted, and ending this session failed. It opens nothing any more.
            None => {
                session.sign_out().await?;
                Err(Failure::NoAccount)
            }
        }
    }
}
