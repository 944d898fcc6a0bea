//! The home page, which counts its visits.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use cloakroom::tower::RequestSession;

use crate::app::App;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::page::Page;
use crate::pages::{HomePage, WelcomePage};
use crate::visit::Visit;

pub(crate) async fn show(
    State(app): State<App>,
    session: RequestSession<Visit>,
) -> Result<Response, Failure> {
    // Saved before the response leaves. Of two tabs that are opened at once, both count.
    let view = session.change(|visit| visit.count += 1).await?;
    let count = view.data().count;
    let user = view.subject().and_then(|subject| app.users.by_id(subject));
    let Some(user) = user else {
        let frame = Frame::visitor(&session).await?;
        return Ok(Page::new(WelcomePage { frame, count }).into_response());
    };
    let devices = session.sessions().tokens(&user.id).count().await?;
    let frame = Frame::user(&session, &user).await?;
    Ok(Page::new(HomePage {
        frame,
        name: user.name.to_string(),
        count,
        devices,
    })
    .into_response())
}
