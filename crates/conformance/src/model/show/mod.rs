//! How a history is shown to a person.
//!
//! The ids of [`World`](crate::model::World) read as names. Of random numbers the first two bytes are
//! shown, enough to tell them apart.

mod op;

use std::fmt;

use cloakroom_core::store::{
    CreateOutcome, DeleteOutcome, Listed, LoadOutcome, RenewOutcome, Reused, Revoked, TouchOutcome,
    UpdateOutcome,
};
use cloakroom_core::{Generation, SessionId, Subject, Timestamp, WriteId};

use crate::model::Outcome;
use crate::model::rules::session::Session;

/// A value, as a person reads it.
pub(crate) struct Shown<'a, T>(pub(crate) &'a T);

pub(crate) fn id(id: SessionId) -> String {
    id.to_string().trim_end_matches('-').to_owned()
}

pub(crate) fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

pub(crate) fn ids(ids: &[SessionId]) -> String {
    list(ids.iter().copied().map(id))
}

pub(crate) fn write(write: WriteId) -> String {
    let [high, low, ..] = write.as_bytes();
    format!("w:{high:02x}{low:02x}")
}

pub(crate) fn generation(generation: Generation) -> String {
    let [high, low, ..] = generation.as_bytes();
    format!("g:{high:02x}{low:02x}")
}

/// Within the some hundred days that a history lasts.
pub(crate) fn time(at: Timestamp) -> String {
    format!("{}ms", at.as_millis() % crate::model::world::EPOCHS)
}

pub(crate) fn owner(subject: Option<&Subject>) -> String {
    subject.map_or("nobody".to_owned(), |s| format!("{:?}", s.as_str()))
}

pub(crate) fn session(at: SessionId, session: &Session) -> String {
    let mut text = format!(
        "{} of {} rev {} by {} seen {} until {}",
        id(at),
        owner(session.subject.as_ref()),
        session.revision,
        write(session.write),
        time(session.last_seen),
        time(session.deadline()),
    );
    if let Some(authenticated) = session.authenticated {
        text += &format!(" authenticated {}", time(authenticated));
    }
    if session.issued != session.authenticated.unwrap_or(session.created) {
        text += &format!(" issued {}", time(session.issued));
    }
    if let Some(label) = &session.label {
        text += &format!(" label {label:?}");
    }
    if !session.confirmed {
        text += " unconfirmed";
    }
    text + &format!(" data {:?}", session.data)
}

impl fmt::Display for Shown<'_, CreateOutcome> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            CreateOutcome::Created {
                evicted,
                repeated: false,
            } => write!(f, "created, evicted {}", ids(evicted)),
            CreateOutcome::Created { .. } => f.write_str("created before"),
            CreateOutcome::Duplicate { ended_by: None } => f.write_str("duplicate"),
            CreateOutcome::Duplicate { ended_by: Some(by) } => {
                write!(f, "duplicate of one ended by {}", write(*by))
            }
            CreateOutcome::Conflict { current } => write!(f, "conflict, rev {current}"),
            CreateOutcome::CapReached => f.write_str("cap reached"),
            CreateOutcome::Superseded => f.write_str("superseded"),
            CreateOutcome::Missing => f.write_str("missing"),
        }
    }
}

impl fmt::Display for Shown<'_, LoadOutcome> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            LoadOutcome::Found(record) => {
                write!(f, "found {}", session(record.id(), &Session::of(record)))
            }
            LoadOutcome::Reused(Reused { successor, subject }) => write!(
                f,
                "reused, lives as {} of {}",
                id(*successor),
                owner(subject.as_ref())
            ),
            LoadOutcome::Replaced { at } => write!(f, "replaced at {}", time(*at)),
            LoadOutcome::Ended { at } => write!(f, "ended at {}", time(*at)),
            LoadOutcome::Absent => f.write_str("absent"),
        }
    }
}

impl fmt::Display for Shown<'_, UpdateOutcome> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            UpdateOutcome::Saved { revision } => write!(f, "saved as rev {revision}"),
            UpdateOutcome::Conflict { current } => write!(f, "conflict, rev {current}"),
            UpdateOutcome::Missing => f.write_str("missing"),
        }
    }
}

impl fmt::Display for Shown<'_, TouchOutcome> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            TouchOutcome::Touched => "touched",
            TouchOutcome::Missing => "missing",
        })
    }
}

impl fmt::Display for Shown<'_, RenewOutcome> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            RenewOutcome::Renewed => "renewed",
            RenewOutcome::AlreadyRenewed => "already renewed",
            RenewOutcome::Missing => "missing",
            RenewOutcome::Duplicate => "duplicate",
        })
    }
}

impl fmt::Display for Shown<'_, DeleteOutcome> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DeleteOutcome::Deleted { .. } => f.write_str("deleted"),
            DeleteOutcome::Conflict { current } => write!(f, "conflict, rev {current}"),
            DeleteOutcome::Missing => f.write_str("missing"),
        }
    }
}

impl fmt::Display for Shown<'_, Revoked> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ended {}", ids(&self.0.ended))?;
        if self.0.repeated {
            f.write_str(" or others, before")?;
        }
        Ok(())
    }
}

impl fmt::Display for Shown<'_, Listed> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Listed::Session(info) => write!(
                f,
                "{} of {} seen {} until {}",
                id(info.id),
                owner(info.subject.as_ref()),
                time(info.last_seen),
                time(info.deadline.instant())
            ),
            Listed::Damaged(at) => write!(f, "{} damaged", id(*at)),
            Listed::NewerVersion(at) => write!(f, "{} of a newer version", id(*at)),
        }
    }
}

impl fmt::Display for Shown<'_, u64> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begun(begun) => f.write_str(&generation(*begun)),
            Self::Created(outcome) => Shown(outcome).fmt(f),
            Self::Loaded(outcome) => Shown(outcome).fmt(f),
            Self::Updated(outcome) => Shown(outcome).fmt(f),
            Self::Touched(outcome) => Shown(outcome).fmt(f),
            Self::Renewed(outcome) => Shown(outcome).fmt(f),
            Self::Deleted(outcome) => Shown(outcome).fmt(f),
            Self::Revoked(outcome) => Shown(outcome).fmt(f),
            Self::Listed(listed) => {
                f.write_str(&list(listed.iter().map(|entry| Shown(entry).to_string())))
            }
            Self::Shown(at, None) => write!(f, "without {}", id(*at)),
            Self::Shown(_, Some(listed)) => write!(f, "with {}", Shown(listed)),
            Self::Purged(gone) => write!(f, "{gone} gone"),
            Self::Counted(sessions) => write!(f, "{sessions}"),
        }
    }
}
