//! A value as JavaScript would take it.

/// A JSON value as JavaScript would take it, where it matters which it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Js {
    /// Also where there is no such member.
    Null,
    Bool(bool),
    Number(f64),
    /// Nothing where it has surrogates that stand alone.
    String(Option<String>),
    /// An object or an array.
    Object,
}

impl Js {
    /// Of the text of a value, which is JSON.
    pub(crate) fn of(text: &str) -> Self {
        match text.as_bytes().first() {
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'"') => Self::String(string(text)),
            Some(b'{' | b'[') => Self::Object,
            Some(b'n') | None => Self::Null,
            Some(_) => Self::Number(text.parse().unwrap_or(f64::NAN)),
        }
    }

    /// `if (value)`
    pub(crate) fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::String(text) => text.as_deref() != Some(""),
            Self::Object => true,
        }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// What a string in JSON says, unless it has surrogates that stand alone.
pub(crate) fn string(text: &str) -> Option<String> {
    serde_json::from_str(text).ok()
}

/// A number as `JSON.stringify` writes it, for the whole numbers that are times and lifetimes.
pub(crate) fn number_text(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 {
        return format!("{}", number as i64);
    }
    serde_json::to_string(&number).unwrap_or_else(|_| "null".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_truthy() {
        for text in [
            "true",
            "1",
            "-1",
            "1e999",
            "\"0\"",
            "\"\\ud800\"",
            "{}",
            "[]",
        ] {
            assert!(Js::of(text).is_truthy(), "{text}");
        }
        for text in ["null", "false", "0", "-0", "0.0", "1e-999", "\"\"", ""] {
            assert!(!Js::of(text).is_truthy(), "{text}");
        }
    }

    #[test]
    fn numbers_are_written_as_javascript_does() {
        for (number, text) in [
            (86_400_000.0, "86400000"),
            (0.0, "0"),
            (90_500.5, "90500.5"),
            (-5.0, "-5"),
        ] {
            assert_eq!(number_text(number), text);
        }
    }
}
