//! A session of Node's, as an application holds it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::cookie::{Attributes, InvalidCookie};
use crate::json::{Object, scan};
use crate::layout::Layout;
use crate::sid::Sid;

/// A session of Node's that was read or created: its id, its data, and the bytes that were in Redis.
///
/// Changing the data changes nothing in Redis: [`NodeStore::save`](crate::NodeStore::save) does.
#[derive(Clone)]
pub struct NodeSession {
    pub(crate) sid: Sid,
    pub(crate) data: NodeData,
    /// What was read or written last, byte by byte.
    pub(crate) stored: Vec<u8>,
    pub(crate) left: Left,
}

/// How long a key has left in Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// So long.
    For(Duration),
    /// It never goes by itself. See [`NodeStore::limit`](crate::NodeStore::limit) and
    /// [`NodeStore::quarantine`](crate::NodeStore::quarantine).
    Forever,
}

impl NodeSession {
    /// The id: a secret.
    #[must_use]
    pub fn sid(&self) -> &Sid {
        &self.sid
    }

    /// What it holds.
    #[must_use]
    pub fn data(&self) -> &NodeData {
        &self.data
    }

    /// What it holds, to be changed.
    pub fn data_mut(&mut self) -> &mut NodeData {
        &mut self.data
    }

    /// How long its key had left when it was read or written.
    #[must_use]
    pub fn left(&self) -> Left {
        self.left
    }

    /// How its cookie is set. In koa-generic-session and Express each session says so itself. The lifetime begins when
    /// the cookie is set: [touch](crate::NodeStore::touch) or [save](crate::NodeStore::save) the session with it.
    ///
    /// # Errors
    ///
    /// Where it says something that no cookie is made of here. Node refuses some of that, too, and makes what it can of
    /// the rest, such as of a date in another form than the language's own.
    pub fn attributes(&self) -> Result<Attributes, InvalidCookie> {
        self.data.layout.attributes(&self.data.object)
    }
}

/// Without the id and the data.
impl fmt::Debug for NodeSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeSession")
            .field("data", &self.data)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// What a session holds: JSON, of which everything that nobody changes stays as it is, byte for byte and in order.
///
/// A value is read when it is asked for. So what Rust cannot hold, such as a lone surrogate or a list nested 200
/// deep, is in nobody's way, and is only an error to whoever asks for that very value as a Rust type.
#[derive(Clone)]
pub struct NodeData {
    pub(crate) layout: Arc<Layout>,
    pub(crate) object: Object,
}

impl NodeData {
    pub(crate) fn new(layout: impl Into<Arc<Layout>>, object: Object) -> Self {
        Self {
            layout: layout.into(),
            object,
        }
    }

    /// The value of a name. Nothing where there is none.
    ///
    /// # Errors
    ///
    /// Where it is of another type, or Rust cannot hold it.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, DataError> {
        let Some(text) = self.object.get(name) else {
            return Ok(None);
        };
        serde_json::from_str(text).map(Some).map_err(|error| {
            // The text is JSON, so that what serde_json takes for a fault in it is a limit of its own.
            match error.classify() {
                Category::Data => DataError::NotOfType,
                Category::Io | Category::Syntax | Category::Eof => DataError::CannotHold,
            }
        })
    }

    /// The value of a name, as it is written.
    #[must_use]
    pub fn get_json(&self, name: &str) -> Option<&str> {
        self.object.get(name)
    }

    /// Gives a name a value. One that is there keeps its place; a new one comes last.
    ///
    /// # Errors
    ///
    /// [`DataError::Reserved`] where Node would lose the value; [`DataError::NotOfType`] where it has no form in JSON.
    pub fn set<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), DataError> {
        let text = serde_json::to_string(value).map_err(|_| DataError::NotOfType)?;
        self.set_text(name, text)
    }

    /// Gives a name a value that is JSON already.
    ///
    /// # Errors
    ///
    /// [`DataError::NotJson`] where it is not; else as [`set`](NodeData::set).
    pub fn set_json(&mut self, name: &str, json: &str) -> Result<(), DataError> {
        scan(json).map_err(|_| DataError::NotJson)?;
        let blank = [' ', '\t', '\n', '\r'];
        self.set_text(name, json.trim_matches(blank).to_owned())
    }

    fn set_text(&mut self, name: &str, text: String) -> Result<(), DataError> {
        if !self.layout.is_kept(name) {
            return Err(DataError::Reserved);
        }
        self.object.set(name, text);
        Ok(())
    }

    /// Takes a name out. Says whether it was there. What belongs to the middleware stays.
    pub fn remove(&mut self, name: &str) -> bool {
        self.layout.is_own(name) && self.object.remove(name)
    }

    /// The names of what the application keeps here, in order. Without what belongs to the middleware, and without
    /// names that Rust cannot hold.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.object.names().filter(|name| self.layout.is_own(name))
    }

    /// All of it as one JSON object, the middleware's part included.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.object.to_text()
    }
}

/// Whether they are the same text.
impl PartialEq for NodeData {
    fn eq(&self, other: &Self) -> bool {
        self.object == other.object
    }
}

/// Without the values.
impl fmt::Debug for NodeData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeData")
            .field("names", &self.names().count())
            .finish_non_exhaustive()
    }
}

/// Why a value cannot be read or written. It never has any of the value in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The value is of another type than what was asked for, or has no form in JSON.
    #[error("the value does not have the type asked for")]
    NotOfType,
    /// Rust cannot hold it: a surrogate that stands alone, nesting more than 128 deep, a number out of range. It can
    /// be read as text, and stays as it is.
    #[error("the value is JSON that Rust cannot hold")]
    CannotHold,
    /// Node would lose a value of this name, or break: `cookie`, `__proto__`, `save`.
    #[error("the middleware in Node keeps no value of this name")]
    Reserved,
    /// The text is not JSON.
    #[error("the text is not JSON")]
    NotJson,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(layout: Layout, text: &str) -> NodeData {
        NodeData::new(layout, Object::parse(text).unwrap().unwrap())
    }

    #[test]
    fn what_rust_cannot_hold_is_an_error_of_that_value_alone() {
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        let text = format!(r#"{{"cookie":{{}},"s":"\ud800","d":{deep},"n":1}}"#);
        let mut data = data(Layout::express(), &text);
        assert_eq!(data.get::<String>("s"), Err(DataError::CannotHold));
        assert_eq!(
            data.get::<serde_json::Value>("d"),
            Err(DataError::CannotHold)
        );
        assert_eq!(data.get::<String>("n"), Err(DataError::NotOfType));
        assert_eq!(data.get::<u8>("n"), Ok(Some(1)));
        assert_eq!(data.get::<u8>("none"), Ok(None));
        data.set("n", &2).unwrap();
        assert_eq!(data.to_json(), text.replace("\"n\":1", "\"n\":2"));
    }

    #[test]
    fn what_node_would_lose_is_refused() {
        for (layout, names) in [
            (Layout::koa_generic(), vec!["cookie", "__proto__"]),
            (
                Layout::express(),
                vec!["cookie", "__proto__", "id", "save", "toString"],
            ),
            (
                Layout::koa_session(),
                vec!["_expire", "_x", "isNew", "length", "maxAge", "__proto__"],
            ),
        ] {
            let mut data = data(layout, r#"{"cookie":{},"a":1}"#);
            for name in names {
                assert_eq!(data.set(name, "x"), Err(DataError::Reserved), "{name}");
            }
            assert_eq!(data.set("user", "ada"), Ok(()));
        }
    }

    #[test]
    fn the_middleware_s_part_is_not_the_application_s() {
        let mut express = data(Layout::express(), r#"{"cookie":{},"a":1}"#);
        assert_eq!(express.names().collect::<Vec<_>>(), ["a"]);
        assert!(!express.remove("cookie") && express.remove("a") && !express.remove("a"));
        let koa = data(Layout::koa_session(), r#"{"a":1,"_expire":2,"_private":3}"#);
        assert_eq!(koa.names().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn json_that_is_given_is_checked() {
        let mut data = data(Layout::koa_session(), "{}");
        assert_eq!(data.set_json("a", "1}"), Err(DataError::NotJson));
        assert_eq!(data.set_json("a", " \"\\ud800\"\n"), Ok(()));
        assert_eq!(data.to_json(), r#"{"a":"\ud800"}"#);
    }

    #[test]
    fn nothing_that_is_stored_is_printed() {
        let shown = format!(
            "{:?}",
            data(Layout::express(), r#"{"cookie":{},"hush":"hush"}"#)
        );
        assert!(!shown.contains("hush"), "{shown}");
    }
}
