//! Session data for frameworks: a map whose changes merge by key.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Operation, Result};

mod draft;

pub use draft::MapDraft;

/// Session data as frameworks hand them to their users: named values of any type.
///
/// A map is what is stored, and knows of no change. A request that changes it takes a
/// [draft](SessionMap::draft) of it, changes that, and [merges](crate::Sessions::merge) it.
///
/// Any key is as good as any other, `__proto__` and the empty one included.
///
/// ```
/// use cloakroom_core::SessionMap;
///
/// let mut map = SessionMap::new();
/// map.set("theme", "dark")?;
/// map.set("visits", 3)?;
/// map.remove("cart");
/// assert_eq!(map.get::<u32>("visits")?, Some(3));
/// # Ok::<_, cloakroom_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Default)]
pub struct SessionMap {
    values: BTreeMap<String, Value>,
}

impl SessionMap {
    /// How deep a value can be nested, in arrays and objects. Decoders stop a little beyond it, so that
    /// a session with a deeper value could not be read any more.
    pub const MAX_DEPTH: usize = 100;

    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a key, as the type asked for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] where the value is of another type.
    pub fn get<V: DeserializeOwned>(&self, key: &str) -> Result<Option<V>> {
        let Some(value) = self.values.get(key) else {
            return Ok(None);
        };
        // The message of the failure would quote the value.
        V::deserialize(value).map(Some).map_err(|_| {
            Error::with_source(
                ErrorKind::Decode,
                Operation::Load,
                "a value of another type",
            )
        })
    }

    /// Whether there is a value for a key.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Encode`] where the value has no form in JSON, or is nested more than
    /// [`MAX_DEPTH`](SessionMap::MAX_DEPTH) deep. Nothing is changed then.
    pub fn set(&mut self, key: impl Into<String>, value: impl Serialize) -> Result<()> {
        let refuse =
            |why: &'static str| Error::with_source(ErrorKind::Encode, Operation::Update, why);
        // The message of the failure could quote the value.
        let value = serde_json::to_value(value).map_err(|_| {
            refuse("the value has no form in JSON: a map whose keys are not texts?")
        })?;
        if is_deeper(&value, Self::MAX_DEPTH) {
            return Err(refuse("the value is nested too deep to be read again"));
        }
        self.values.insert(key.into(), value);
        Ok(())
    }

    /// Removes a key. Says whether there was a value.
    pub fn remove(&mut self, key: &str) -> bool {
        self.values.remove(key).is_some()
    }
}

/// Without the keys and the values.
impl fmt::Debug for SessionMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionMap")
            .field("len", &self.values.len())
            .finish_non_exhaustive()
    }
}

/// Whether a value is nested in more arrays and objects than this.
fn is_deeper(value: &Value, levels: usize) -> bool {
    let Some(rest) = levels.checked_sub(1) else {
        return value.is_array() || value.is_object();
    };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper(item, rest)),
        Value::Object(members) => members.values().any(|member| is_deeper(member, rest)),
        _ => false,
    }
}

/// As a map of values. In a codec that is not for people, each value is a text of JSON, since such
/// codecs cannot hold values whose type is not known.
impl Serialize for SessionMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return self.values.serialize(serializer);
        }
        serializer.collect_map(
            self.values
                .iter()
                .map(|(key, value)| (key, value.to_string())),
        )
    }
}

impl<'de> Deserialize<'de> for SessionMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = if deserializer.is_human_readable() {
            BTreeMap::deserialize(deserializer)?
        } else {
            let texts: BTreeMap<String, String> = BTreeMap::deserialize(deserializer)?;
            let parse = |(key, text): (String, String)| Ok((key, serde_json::from_str(&text)?));
            let parsed: serde_json::Result<_> = texts.into_iter().map(parse).collect();
            parsed.map_err(|_| serde::de::Error::custom("a value is not a text of JSON"))?
        };
        let map = Self { values };
        // Whatever form a map comes in, it has to have one in every codec.
        let too_deep = |value| is_deeper(value, Self::MAX_DEPTH);
        if map.values.values().any(too_deep) {
            return Err(serde::de::Error::custom("a value is nested too deep"));
        }
        Ok(map)
    }
}
