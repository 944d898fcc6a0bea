//! Whether a text is JSON, and where the members of an object are in it.

use std::ops::Range;

/// A text is not JSON: `JSON.parse` would throw. It says where, and shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not JSON, from byte {at} on")]
pub struct NotJson {
    /// The first byte that cannot be.
    pub at: usize,
}

/// What a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An object, and where the name and the value of each of its members are.
    Object(Vec<Place>),
    /// Any other value, and where it is.
    Other(Range<usize>),
}

/// Where the name and the value of a member are.
pub(crate) type Place = (Range<usize>, Range<usize>);

/// Looks at all of a text. It is as strict as `JSON.parse`, and does not mind how deep values are nested: it keeps
/// one byte for each level, on the heap.
pub(crate) fn scan(text: &str) -> Result<Shape, NotJson> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        open: Vec::new(),
    };
    scanner.blanks();
    let shape = match scanner.peek() {
        Some(b'{') => Shape::Object(scanner.members()?),
        _ => Shape::Other(scanner.value()?),
    };
    scanner.blanks();
    match scanner.peek() {
        None => Ok(shape),
        Some(_) => scanner.fail(),
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The brackets that are to be closed.
    open: Vec<u8>,
}

impl Scanner<'_> {
    fn members(&mut self) -> Result<Vec<Place>, NotJson> {
        let mut members = Vec::new();
        self.expect(b'{')?;
        self.blanks();
        if self.take(b'}') {
            return Ok(members);
        }
        loop {
            let name = self.name()?;
            let value = self.value()?;
            members.push((name, value));
            self.blanks();
            if self.take(b'}') {
                return Ok(members);
            }
            self.expect(b',')?;
        }
    }

    /// A name, and the colon after it.
    fn name(&mut self) -> Result<Range<usize>, NotJson> {
        self.blanks();
        let start = self.at;
        self.string()?;
        let name = start..self.at;
        self.blanks();
        self.expect(b':')?;
        Ok(name)
    }

    /// A value of any kind, with what is in it. Not by recursion: the text decides how deep it is.
    fn value(&mut self) -> Result<Range<usize>, NotJson> {
        self.blanks();
        let start = self.at;
        self.open.clear();
        loop {
            self.blanks();
            match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    self.blanks();
                    if !self.take(b'}') {
                        self.open.push(b'}');
                        self.name()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.at += 1;
                    self.blanks();
                    if !self.take(b']') {
                        self.open.push(b']');
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            if !self.go_on()? {
                return Ok(start..self.at);
            }
        }
    }

    /// After a value: whether there is another one within what is open.
    fn go_on(&mut self) -> Result<bool, NotJson> {
        while let Some(close) = self.open.last().copied() {
            self.blanks();
            if self.take(close) {
                self.open.pop();
                continue;
            }
            self.expect(b',')?;
            if close == b'}' {
                self.name()?;
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn scalar(&mut self) -> Result<(), NotJson> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                let words: [&[u8]; 3] = [b"true", b"false", b"null"];
                match words.into_iter().find(|word| rest.starts_with(word)) {
                    Some(word) => self.at += word.len(),
                    None => return self.fail(),
                }
                Ok(())
            }
        }
    }

    fn string(&mut self) -> Result<(), NotJson> {
        self.expect(b'"')?;
        loop {
            match self.next() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => match self.next() {
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {}
                    Some(b'u') => {
                        for _ in 0..4 {
                            match self.next() {
                                Some(digit) if digit.is_ascii_hexdigit() => {}
                                _ => return self.fail_before(),
                            }
                        }
                    }
                    _ => return self.fail_before(),
                },
                Some(0..=0x1f) | None => return self.fail_before(),
                Some(_) => {}
            }
        }
    }

    fn number(&mut self) -> Result<(), NotJson> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(())
    }

    /// At least one.
    fn digits(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        match self.at > start {
            true => Ok(()),
            false => self.fail(),
        }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Goes on even at the end, so that a failure is told to be there.
    fn next(&mut self) -> Option<u8> {
        let next = self.peek();
        self.at += 1;
        next
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), NotJson> {
        match self.take(byte) {
            true => Ok(()),
            false => self.fail(),
        }
    }

    fn fail<T>(&self) -> Result<T, NotJson> {
        Err(NotJson { at: self.at })
    }

    fn fail_before<T>(&self) -> Result<T, NotJson> {
        Err(NotJson { at: self.at - 1 })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_as_strict_as_json() {
        for good in [
            "null",
            " true ",
            "-0",
            "0.5e-7",
            "1E+2",
            "\"\\u12aF\\/\"",
            "[]",
            "[ [ ] , { } ]",
            "{}",
            "\t{\"a\" : 1}\r\n",
            "{\"a\":{\"b\":[1,{\"c\":null}]},\"a\":2}",
            "\"\u{2028}\"",
            "1e999",
        ] {
            assert!(scan(good).is_ok(), "{good}");
        }
        for (bad, at) in [
            ("", 0),
            ("nul", 0),
            ("01", 1),
            ("1.", 2),
            (".5", 0),
            ("+1", 0),
            ("1e", 2),
            ("-", 1),
            ("\"", 1),
            ("\"\n\"", 1),
            ("\"\\x\"", 2),
            ("\"\\u12g4\"", 5),
            ("[1,]", 3),
            ("[", 1),
            ("[1}", 2),
            ("{\"a\"}", 4),
            ("{\"a\":1,}", 7),
            ("{a:1}", 1),
            ("{\"a\":1", 6),
            ("1 2", 2),
            ("\u{feff}{}", 0),
            ("{\"cookie\":{", 11),
            ("{\"a\":{\"b\":1,}}", 12),
            ("NaN", 0),
            ("\u{a0}1", 0),
        ] {
            assert_eq!(scan(bad), Err(NotJson { at }), "{bad}");
        }
    }

    #[test]
    fn members_are_found() {
        let text = r#" {"a" : [1, {"b": 2}] ,"c":"}"} "#;
        let Ok(Shape::Object(members)) = scan(text) else {
            panic!("an object");
        };
        let shown: Vec<_> = members
            .into_iter()
            .map(|(n, v)| (&text[n], &text[v]))
            .collect();
        assert_eq!(
            shown,
            [(r#""a""#, r#"[1, {"b": 2}]"#), (r#""c""#, r#""}""#)]
        );
    }

    #[test]
    fn depth_is_not_limited() {
        let text = format!(
            "{{\"d\":{}1{}}}",
            "[".repeat(1_000_000),
            "]".repeat(1_000_000)
        );
        assert!(matches!(scan(&text), Ok(Shape::Object(members)) if members.len() == 1));
    }

    proptest! {
        /// Where nothing is deep, and no surrogate stands alone, it is JSON to serde_json, too.
        #[test]
        fn serde_json_agrees(text in r#"([\[\]{}:,"0-9eE.+\-a\\u ]|true|null|"a":){0,24}"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            let lone = theirs.as_ref().is_err_and(|error| error.to_string().contains("surrogate")
                || error.to_string().contains("hex escape")
                || error.to_string().contains("out of range"));
            prop_assert!(lone || theirs.is_ok() == scan(&text).is_ok(), "{text} {theirs:?}");
        }
    }
}
