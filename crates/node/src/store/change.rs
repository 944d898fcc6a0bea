//! Creating, writing and ending sessions.

use cloakroom_core::{Error, ErrorKind, Operation, Result};
use redis::{Value, cmd};

use crate::json::Object;
use crate::layout::Lifetime;
use crate::reply::{flag_of, unclear};
use crate::script;
use crate::session::{DataError, NodeData, NodeSession};
use crate::sid::Sid;
use crate::store::{
    Destroyed, Loaded, NodeStore, Regenerated, Saved, Touched, Updated, left, lifetime_argument,
};

impl NodeStore {
    /// Creates a session with these data: [`blank`](NodeStore::blank), with what the application puts into them. Its
    /// id is new, drawn from the operating system's generator.
    ///
    /// # Errors
    ///
    /// Where the data are too large, or their lifetime is over before it begins; else where the servers fail. Where the
    /// outcome is unknown, a session may exist whose id nobody has.
    pub async fn create(&self, data: NodeData) -> Result<NodeSession> {
        let operation = Operation::Create;
        let (prepared, stored) = self.value(&data, &[], operation)?;
        let sid = self.layout().new_sid()?;
        let mut set = cmd("SET");
        set.arg(&self.layout().key(&sid)[..])
            .arg(&stored[..])
            .arg("NX");
        match prepared.lifetime {
            Lifetime::Seconds(seconds) => {
                set.arg("EX").arg(seconds);
            }
            Lifetime::Never => {}
            Lifetime::Over => {
                let why = "the session is over before it begins";
                return Err(Error::with_source(ErrorKind::InvalidInput, operation, why));
            }
        }
        match self.link().tell(operation, &set).await? {
            Value::Okay => {}
            Value::Nil => {
                // Of 192 random bits, or 122.
                let why = "a new session id was there already";
                return Err(Error::with_source(ErrorKind::Internal, operation, why));
            }
            _ => return Err(unclear(operation)),
        }
        Ok(NodeSession {
            sid,
            data: NodeData {
                object: prepared.object,
                ..data
            },
            stored,
            left: left(prepared.lifetime),
        })
    }

    /// Writes a session, if it is still what was read; its lifetime begins again. Never creates one.
    ///
    /// What Node keeps in a session itself is brought up to date as Node does: the date in Express's cookie, the end in
    /// koa-session's.
    ///
    /// # Errors
    ///
    /// Where the data are too large, or the session's lifetime makes no sense; else where the servers fail. Where the
    /// outcome is unknown, read it again.
    pub async fn save(&self, session: &mut NodeSession) -> Result<Saved> {
        let operation = Operation::Update;
        let (prepared, bytes) = self.value(&session.data, &session.stored, operation)?;
        if prepared.lifetime == Lifetime::Over {
            return Ok(match self.end_if_same(session, operation).await? {
                Saved::Saved => Saved::Over,
                other => other,
            });
        }
        let key = self.layout().key(&session.sid);
        let lifetime = lifetime_argument(prepared.lifetime);
        let args: [&[u8]; 3] = [&session.stored, &bytes, lifetime.as_bytes()];
        let reply = self
            .link()
            .script(operation, &script::SAVE, &[key], &args)
            .await?;
        let saved = saved(&reply, operation)?;
        if saved == Saved::Saved {
            session.data.object = prepared.object;
            session.stored = bytes;
            session.left = left(prepared.lifetime);
        }
        Ok(saved)
    }

    /// Reads a session, changes it, and writes it; again from the start, where somebody else has written it meanwhile.
    /// So the closure should do nothing else. Where it changes nothing, nothing is written.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Contended`] where others keep changing it; [`ErrorKind::InvalidInput`] where the closure fails,
    /// with what it says as the source. Else as [`load`](NodeStore::load) and [`save`](NodeStore::save). Nothing was
    /// written then, unless the outcome is unknown.
    pub async fn update(
        &self,
        sid: &Sid,
        mut change: impl FnMut(&mut NodeData) -> Result<(), DataError>,
    ) -> Result<Updated> {
        let operation = Operation::Update;
        for _ in 0..=self.inner.reruns {
            let Loaded::Found(mut session) = self.load_for(sid, operation).await? else {
                return Ok(Updated::Absent);
            };
            let before = session.data.clone();
            change(&mut session.data)
                .map_err(|why| Error::with_source(ErrorKind::InvalidInput, operation, why))?;
            if session.data == before {
                return Ok(Updated::Saved(session));
            }
            match self.save(&mut session).await? {
                Saved::Saved => return Ok(Updated::Saved(session)),
                Saved::Missing => return Ok(Updated::Absent),
                Saved::Over => return Ok(Updated::Over),
                Saved::Conflict => {}
            }
        }
        Err(Error::new(ErrorKind::Contended, operation))
    }

    /// Begins the lifetime of a session again, as using it does in Node: `EXPIRE` in Express, a new end in koa-session.
    /// Changes of its data that were not saved stay so. A key that never goes stays, unless the store limits such.
    ///
    /// # Errors
    ///
    /// As [`save`](NodeStore::save). In koa-session others may write it at the same time; then it is they who have
    /// begun its lifetime again.
    pub async fn touch(&self, session: &mut NodeSession) -> Result<Touched> {
        let operation = Operation::Touch;
        let text = std::str::from_utf8(&session.stored).unwrap_or_default();
        let object = Object::parse(text).ok().flatten().unwrap_or_default();
        let mut as_read = NodeSession {
            data: NodeData {
                object,
                ..session.data.clone()
            },
            ..session.clone()
        };
        if self.layout().is_rewritten_by_touch() {
            let saved = self.save(&mut as_read).await?;
            if saved == Saved::Saved {
                // So that what is saved next is compared with what is there now.
                session.stored = as_read.stored;
                session.left = as_read.left;
            }
            return Ok(match saved {
                Saved::Saved | Saved::Conflict => Touched::Touched,
                Saved::Missing => Touched::Missing,
                Saved::Over => Touched::Over,
            });
        }
        let prepared = self.prepare(&as_read.data, operation)?;
        let key = self.layout().key(&session.sid);
        let mut command = match prepared.lifetime {
            Lifetime::Seconds(_) => cmd("EXPIRE"),
            Lifetime::Never => cmd("EXISTS"),
            Lifetime::Over => {
                return Ok(match self.end_if_same(session, operation).await? {
                    Saved::Missing => Touched::Missing,
                    // Others have written it meanwhile: it is they who say how long it lives.
                    Saved::Conflict => Touched::Touched,
                    Saved::Saved | Saved::Over => Touched::Over,
                });
            }
        };
        command.arg(&key[..]);
        if let Lifetime::Seconds(seconds) = prepared.lifetime {
            command.arg(seconds);
        }
        let reply = self.link().tell(operation, &command).await?;
        if !flag_of(&reply).ok_or_else(|| unclear(operation))? {
            return Ok(Touched::Missing);
        }
        if prepared.lifetime != Lifetime::Never {
            session.left = left(prepared.lifetime);
        }
        Ok(Touched::Touched)
    }

    /// Ends a session, whatever is in it.
    ///
    /// # Errors
    ///
    /// Where the servers fail.
    pub async fn destroy(&self, sid: &Sid) -> Result<Destroyed> {
        let mut delete = cmd("DEL");
        delete.arg(&self.layout().key(sid)[..]);
        let reply = self.link().tell(Operation::Delete, &delete).await?;
        match flag_of(&reply) {
            Some(true) => Ok(Destroyed::Destroyed),
            Some(false) => Ok(Destroyed::Missing),
            None => Err(unclear(Operation::Delete)),
        }
    }

    /// Ends a session and gives the visitor another one, with these data: those of the old one (`session.data().clone()`)
    /// or others. Do so at each sign-in.
    ///
    /// The new one is there first, and then the old one ends, if it is still what was read. So a crash in between loses
    /// nothing: it leaves a session whose id nobody has.
    ///
    /// # Errors
    ///
    /// As [`create`](NodeStore::create). Where the old one could not be ended, the new one is, where that is possible.
    pub async fn regenerate(&self, old: &NodeSession, data: NodeData) -> Result<Regenerated> {
        let new = self.create(data).await?;
        let ended = self.end_if_same(old, Operation::Renew).await;
        let refused = match ended {
            Ok(Saved::Saved | Saved::Over) => return Ok(Regenerated::Regenerated(new)),
            Ok(Saved::Conflict) => Ok(Regenerated::Conflict),
            Ok(Saved::Missing) => Ok(Regenerated::Missing),
            Err(error) => Err(error),
        };
        let taken_back = self.destroy(&new.sid).await;
        let refused = refused?;
        let _ = taken_back?;
        Ok(refused)
    }

    /// Ends a session, if it is still what was read.
    pub(crate) async fn end_if_same(
        &self,
        session: &NodeSession,
        operation: Operation,
    ) -> Result<Saved> {
        let key = self.layout().key(&session.sid);
        let args: [&[u8]; 1] = [&session.stored];
        let reply = self
            .link()
            .script(operation, &script::END, &[key], &args)
            .await?;
        saved(&reply, operation)
    }
}

fn saved(reply: &Value, operation: Operation) -> Result<Saved> {
    match reply {
        Value::Int(1) => Ok(Saved::Saved),
        Value::Int(0) => Ok(Saved::Missing),
        Value::Int(2) => Ok(Saved::Conflict),
        _ => Err(unclear(operation)),
    }
}
