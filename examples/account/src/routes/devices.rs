//! Where you're signed in: the sessions of a user, listed and ended.

use axum::response::{IntoResponse as _, Redirect, Response};
use cloakroom::{Listed, SessionId, Timestamp};
use serde::Deserialize;

use crate::ago::ago;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::page::Page;
use crate::pages::{Device, DevicesPage};
use crate::posted::{Button, Posted};
use crate::signed_in::CurrentUser;
use crate::visit::Notice;

#[derive(Debug, Deserialize)]
pub(crate) struct EndForm {
    /// As the list showed it. It opens nothing, and is looked up among this user's sessions alone.
    device: String,
}

pub(crate) async fn show(current: CurrentUser) -> Result<Response, Failure> {
    let CurrentUser {
        user,
        session,
        view,
    } = current;
    let now = session.sessions().now();
    let listed = session.sessions().tokens(&user.id).list().await?;
    let mut devices: Vec<_> = listed
        .iter()
        .map(|listed| device(listed, view.id(), now))
        .collect();
    // This device first; the others as they were last seen.
    devices.sort_by_key(|device| !device.is_this);
    let page = DevicesPage {
        frame: Frame::user(&session, &user).await?,
        devices,
    };
    Ok(Page::new(page).into_response())
}

pub(crate) async fn end_one(
    current: CurrentUser,
    Posted(form): Posted<EndForm>,
) -> Result<Response, Failure> {
    let CurrentUser {
        user,
        session,
        view,
    } = current;
    let tokens = session.sessions().tokens(&user.id);
    let notice = match tokens.parse_id(&form.device) {
        Ok(id) if view.id() == Some(id) => {
            session.sign_out().await?;
            return Ok(Redirect::to("/goodbye").into_response());
        }
        Ok(id) if !tokens.revoke(&id).await?.ended.is_empty() => Notice::DeviceEnded,
        Ok(_) | Err(_) => Notice::DeviceWasGone,
    };
    session
        .change(move |visit| visit.notice = Some(notice))
        .await?;
    Ok(Redirect::to("/devices").into_response())
}

pub(crate) async fn end_others(
    current: CurrentUser,
    Posted(Button {}): Posted<Button>,
) -> Result<Response, Failure> {
    let session = current.session;
    session.revoke_others().await?;
    session
        .change(|visit| visit.notice = Some(Notice::OthersEnded))
        .await?;
    Ok(Redirect::to("/devices").into_response())
}

fn device(listed: &Listed, this: Option<SessionId>, now: Timestamp) -> Device {
    let id = listed.id();
    let is_this = this == Some(id);
    let Some(info) = listed.session() else {
        // Nothing is known of it, but it can be ended like any other.
        return Device {
            id: id.to_string(),
            label: "A session that cannot be read".to_owned(),
            since: None,
            last_seen: None,
            is_this,
            is_remembered: false,
        };
    };
    let label = info.label.as_ref();
    Device {
        id: id.to_string(),
        label: label
            .map_or("An unknown device", |label| label.as_str())
            .to_owned(),
        since: Some(ago(info.created, now)),
        last_seen: Some(ago(info.last_seen, now)),
        is_this,
        is_remembered: info.remembered,
    }
}
