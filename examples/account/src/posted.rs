//! The extractor for forms: only those that we have shown to this browser.

use axum::extract::{Form, FromRequest, FromRequestParts as _, Request};
use cloakroom::tower::RequestSession;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::failure::Failure;
use crate::form_token::FormToken;
use crate::visit::Visit;

/// The fields of a form that came with the token of this session. Any other is refused before a handler
/// sees it.
#[derive(Debug)]
pub(crate) struct Posted<F>(pub(crate) F);

#[derive(Deserialize)]
struct WithToken<F> {
    form_token: FormToken,
    #[serde(flatten)]
    fields: F,
}

/// A form without fields: a button.
#[derive(Debug, Deserialize)]
pub(crate) struct Button {}

impl<F: DeserializeOwned + Send> FromRequest<App> for Posted<F> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let session = RequestSession::<Visit>::from_request_parts(&mut parts, app).await?;
        let request = Request::from_parts(parts, body);
        let Form(form) = Form::<WithToken<F>>::from_request(request, app).await?;
        let view = session.get().await?;
        let ours = match &view {
            Some(view) => view.data().form_token.clone(),
            None => session.token().await?.as_ref().map(FormToken::of),
        };
        if ours.is_some_and(|ours| ours.matches(&form.form_token)) {
            Ok(Self(form.fields))
        } else {
            Err(Failure::FormOutOfDate)
        }
    }
}
