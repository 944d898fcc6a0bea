//! An object, as the texts of its members.

use std::collections::HashSet;

use crate::json::js::{Js, string};
use crate::json::scan::{NotJson, Shape, scan};

/// An object, as the texts of its members, in order.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Object {
    members: Vec<Member>,
}

#[derive(Clone, PartialEq, Eq)]
struct Member {
    /// As it is written, with quotes and escapes.
    written: Box<str>,
    /// What that says. Nothing where it has surrogates that stand alone: then nobody can ask for it.
    name: Option<Box<str>>,
    value: Box<str>,
}

impl Object {
    /// Of a text. Nothing where it is another value.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, NotJson> {
        let Shape::Object(members) = scan(text)? else {
            return Ok(None);
        };
        let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
        let member = |(name, value)| Member::new(part(name).into(), part(value).into());
        Ok(Some(Self {
            members: members.into_iter().map(member).collect(),
        }))
    }

    /// The text of the value of this name: of the last one, as `JSON.parse` has it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let last = self.members.iter().rev().find(|member| member.is(name));
        last.map(|member| &*member.value)
    }

    /// The same, as JavaScript takes it.
    pub(crate) fn js(&self, name: &str) -> Js {
        self.get(name).map_or(Js::Null, Js::of)
    }

    /// Gives the name a value, which is the text of one. A name that is there keeps its place; a new one comes last.
    pub(crate) fn set(&mut self, name: &str, value: String) {
        let value = value.into_boxed_str();
        let Some(at) = self.members.iter().position(|member| member.is(name)) else {
            self.members.push(Member::new(written(name), value));
            return;
        };
        self.keep_one(name, at);
        if let Some(member) = self.members.get_mut(at) {
            member.value = value;
        }
    }

    /// Takes the name out. Says whether it was there.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let before = self.members.len();
        self.members.retain(|member| !member.is(name));
        self.members.len() < before
    }

    /// Takes out of several of one name all but the one at this place.
    fn keep_one(&mut self, name: &str, at: usize) {
        let mut index = 0;
        self.members.retain(|member| {
            let keep = index == at || !member.is(name);
            index += 1;
            keep
        });
    }

    /// The names, each once.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let mut seen = HashSet::new();
        let named = self
            .members
            .iter()
            .filter_map(|member| member.name.as_deref());
        named.filter(move |name| seen.insert(*name))
    }

    /// The object as text, without blanks between its members.
    pub(crate) fn to_text(&self) -> String {
        let length = |member: &Member| member.written.len() + member.value.len() + 2;
        let mut text = String::with_capacity(2 + self.members.iter().map(length).sum::<usize>());
        text.push('{');
        for (at, member) in self.members.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push_str(&member.written);
            text.push(':');
            text.push_str(&member.value);
        }
        text.push('}');
        text
    }
}

impl Member {
    fn new(written: Box<str>, value: Box<str>) -> Self {
        let name = string(&written).map(String::into_boxed_str);
        Self {
            written,
            name,
            value,
        }
    }

    fn is(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }
}

fn written(name: &str) -> Box<str> {
    serde_json::to_string(name)
        .expect("a string has a form in JSON")
        .into()
}

/// Without what it holds.
impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Object({} members)", self.members.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object {
        Object::parse(text).unwrap().unwrap()
    }

    #[test]
    fn what_is_not_changed_stays_as_it_is() {
        let text = r#"{"1":1e20,"\u0061":"\ud800","é":[ 1 ],"__proto__":{},"\udc00":-0}"#;
        let mut object = object(text);
        assert_eq!(object.to_text(), text);
        object.set("new", "1".into());
        object.set("a", "2".into());
        assert!(object.remove("é"));
        assert_eq!(
            object.to_text(),
            r#"{"1":1e20,"\u0061":2,"__proto__":{},"\udc00":-0,"new":1}"#
        );
    }

    #[test]
    fn of_several_of_one_name_the_last_counts_in_the_first_place() {
        let mut object = object(r#"{"a":1,"b":2,"a":3,"\u0061":4}"#);
        assert_eq!(object.get("a"), Some("4"));
        assert_eq!(object.names().collect::<Vec<_>>(), ["a", "b"]);
        object.set("a", "5".into());
        assert_eq!(object.to_text(), r#"{"a":5,"b":2}"#);
    }

    #[test]
    fn other_values_are_no_objects() {
        for text in ["null", "[]", "\"{}\"", "1"] {
            assert_eq!(Object::parse(text).unwrap(), None, "{text}");
        }
    }
}
