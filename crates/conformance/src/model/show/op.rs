//! How an operation, and what the model holds, are shown to a person.

use std::fmt;

use cloakroom_core::store::{Create, Delete, Renew, Revoke, RevokeKind, Update};

use crate::model::Op;
use crate::model::rules::session::Session;
use crate::model::rules::state::{Known, Model};
use crate::model::show::{generation, id, owner, session, time, write};

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin { subject, until } => {
                write!(f, "begin {} until {}", owner(Some(subject)), time(*until))
            }
            Self::Create(request) => create(request, f),
            Self::Load(at) => write!(f, "load {}", id(*at)),
            Self::Update(request) => update(request, f),
            Self::Touch { id: at, subject } => {
                write!(f, "touch {} of {}", id(*at), owner(subject.as_ref()))
            }
            Self::Renew(Renew {
                old,
                new,
                subject,
                grace,
            }) => write!(
                f,
                "renew {} of {} to {} with grace {}ms",
                id(*old),
                owner(subject.as_ref()),
                id(*new),
                grace.as_millis()
            ),
            Self::Delete(request) => delete(request, f),
            Self::TokenSet { subject, page_size } => {
                let subject = owner(Some(subject));
                write!(f, "token set of {subject} in pages of {page_size}")
            }
            Self::Revoke(Revoke {
                subject,
                kind,
                write_id,
            }) => {
                let which = match kind {
                    RevokeKind::One(at) => id(*at),
                    RevokeKind::All => "all".to_owned(),
                    RevokeKind::AllExcept(at) => format!("all but {}", id(*at)),
                };
                let subject = owner(Some(subject));
                write!(f, "revoke {which} of {subject} as {}", write(*write_id))
            }
            Self::PurgeExpired { limit } => write!(f, "purge {limit}"),
            Self::Scan { page_size } => write!(f, "scan in pages of {page_size}"),
            Self::Count => f.write_str("count"),
        }
    }
}

fn create(request: &Create, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let record = &request.record;
    f.write_str("create ")?;
    f.write_str(&session(record.id(), &Session::of(record)))?;
    if record.subject().is_some() {
        write!(f, ", cap {} {:?}", request.cap.max(), request.cap.on_cap())?;
    }
    if let Some(began_with) = request.generation {
        write!(f, ", begun with {}", generation(began_with))?;
    }
    if let Some(old) = request.replaces {
        write!(f, ", in place of {} rev {}", id(old.id), old.revision)?;
    }
    if let Some(by) = request.over {
        write!(f, ", over what {} ended", write(by))?;
    }
    Ok(())
}

fn update(request: &Update, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "update {} of {} from rev {} as {} to {:?}",
        id(request.id),
        owner(request.subject.as_ref()),
        request.expected,
        write(request.write_id),
        request.payload.bytes,
    )?;
    if let Some(label) = &request.label {
        write!(f, " label {label:?}")?;
    }
    f.write_str(if request.touch { ", a use" } else { "" })
}

fn delete(request: &Delete, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "delete {} of {} as {}, {:?}",
        id(request.id),
        owner(request.subject.as_ref()),
        write(request.write_id),
        request.reason,
    )?;
    match request.expected {
        Some(expected) => write!(f, ", only rev {expected}"),
        None => Ok(()),
    }
}

/// What the store should hold, one line for each id and each set.
impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, known) in &self.ids {
            match known {
                Known::Session(there) => writeln!(f, "{}", session(*at, there))?,
                Known::Renewed(old) => writeln!(
                    f,
                    "{} renewed to {}, last {}, grace {}, until {}",
                    id(*at),
                    id(old.next),
                    id(old.last),
                    time(old.grace),
                    time(old.until)
                )?,
                Known::Ended(ended) => writeln!(
                    f,
                    "{} ended by {}, {:?}, until {}",
                    id(*at),
                    write(ended.by),
                    ended.reason,
                    time(ended.until)
                )?,
            }
        }
        for (subject, set) in &self.sets {
            let generation = set.generation.map_or("unseen".to_owned(), generation);
            let (subject, until) = (owner(Some(subject)), time(set.kept_until));
            writeln!(f, "set of {subject}: {generation}, kept until {until}")?;
        }
        Ok(())
    }
}
