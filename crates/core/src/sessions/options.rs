//! What one session may have of its own.

use crate::label::Label;
use crate::sessions::Session;
use crate::timeouts::Timeouts;

/// What one session may have of its own, instead of the handle's settings.
///
/// ```
/// use cloakroom_core::{Label, SessionOptions, Timeouts};
///
/// let options = SessionOptions::new()
///     .label(Label::new("Firefox on Linux")?)
///     .remembered(Timeouts::AAL1);
/// # Ok::<_, cloakroom_core::InvalidLabel>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[must_use]
pub struct SessionOptions {
    pub(super) label: Option<Label>,
    pub(super) timeouts: Option<Timeouts>,
    pub(super) remembered: Option<bool>,
}

impl SessionOptions {
    /// Nothing of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// All that another session has of its own.
    pub fn like<T>(other: &Session<T>) -> Self {
        Self {
            label: other.label().cloned(),
            timeouts: Some(other.timeouts()),
            remembered: Some(other.is_remembered()),
        }
    }

    /// What the user tells the session by.
    pub fn label(self, label: impl Into<Option<Label>>) -> Self {
        Self {
            label: label.into(),
            ..self
        }
    }

    /// Timeouts of its own.
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self {
            timeouts: Some(timeouts),
            ..self
        }
    }

    /// The user asked to be remembered on this device: other timeouts, and a mark that tells an
    /// adapter to give the client a token that outlives its restart.
    pub fn remembered(self, timeouts: Timeouts) -> Self {
        Self {
            remembered: Some(true),
            ..self.timeouts(timeouts)
        }
    }
}
