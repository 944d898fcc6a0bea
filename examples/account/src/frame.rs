//! What surrounds every page: who is signed in, what there is to say, and the token of its forms.

use cloakroom::tower::{RequestSession, Saved};

use crate::failure::Failure;
use crate::form_token::FormToken;
use crate::users::User;
use crate::visit::Visit;

/// What surrounds every page.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    /// Who is signed in, as the page says it.
    pub(crate) user: Option<String>,
    /// What the forms of the page carry.
    pub(crate) form_token: String,
    /// What the page says first.
    pub(crate) notice: Option<&'static str>,
}

impl Frame {
    /// For a page of a visitor. A visitor who is shown a form gets a session, for its token.
    pub(crate) async fn visitor(session: &RequestSession<Visit>) -> Result<Self, Failure> {
        let seen = session.get().await?.map(|view| view.data().clone());
        let notice = seen.as_ref().and_then(|visit| visit.notice);
        let form_token = match seen.and_then(|visit| visit.form_token) {
            Some(token) if notice.is_none() => token,
            _ => {
                let fresh = FormToken::random()?;
                let view = session.change(move |visit| {
                    visit.form_token.get_or_insert_with(|| fresh.clone());
                    // It is said once.
                    visit.notice = None;
                });
                let stored = view.await?.data().form_token.clone();
                match session.save().await? {
                    // There is no session, and this request may not begin one.
                    Saved::Dropped(_) => session.token().await?.as_ref().map(FormToken::of),
                    _ => stored,
                }
                .unwrap_or(FormToken::random()?)
            }
        };
        Ok(Self {
            user: None,
            form_token: form_token.expose().to_owned(),
            notice: notice.map(crate::visit::Notice::text),
        })
    }

    /// For a page of somebody who is signed in.
    pub(crate) async fn user(
        session: &RequestSession<Visit>,
        user: &User,
    ) -> Result<Self, Failure> {
        Ok(Self {
            user: Some(user.name.to_string()),
            ..Self::visitor(session).await?
        })
    }

    /// For a page that asks for no session, such as one that tells of a failure.
    pub(crate) fn bare() -> Self {
        Self::default()
    }
}
