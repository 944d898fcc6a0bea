//! What a value looks like.

use crate::damage::Damage;
use crate::json::{Js, Object};

/// What a key holds, as far as its value tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryKind {
    /// A session of koa-generic-session: its cookie's settings have Koa's words.
    KoaGeneric,
    /// A session of express-session: they have Express's.
    Express,
    /// A session of koa-session: it says when it ends.
    KoaSession,
    /// An object under a prefix of sessions, with none of the signs of one.
    Unclear,
    /// A set: of tokens, maybe.
    Set {
        /// How many members it has.
        members: u64,
    },
    /// Under a prefix of sessions, and no session.
    Damaged(Damage),
    /// Something else.
    Other,
}

impl EntryKind {
    /// Of a string. Where its key begins as those of sessions do, what is no session is damage.
    pub(crate) fn of(value: &[u8], is_ours: bool) -> Self {
        let damaged = |damage| match is_ours {
            true => Self::Damaged(damage),
            false => Self::Other,
        };
        let Ok(text) = std::str::from_utf8(value) else {
            return damaged(Damage::NotUtf8);
        };
        match Object::parse(text) {
            Err(why) => damaged(Damage::NotJson(why)),
            Ok(None) => damaged(Damage::NotAnObject),
            Ok(Some(session)) => match session_kind(&session) {
                Some(kind) => kind,
                None if is_ours => Self::Unclear,
                None => Self::Other,
            },
        }
    }

    /// Whether it is a session.
    #[must_use]
    pub fn is_session(self) -> bool {
        matches!(
            self,
            Self::KoaGeneric | Self::Express | Self::KoaSession | Self::Unclear
        )
    }
}

fn session_kind(session: &Object) -> Option<EntryKind> {
    if let Some(Ok(Some(cookie))) = session.get("cookie").map(Object::parse) {
        let has = |names: &[&str]| names.iter().any(|name| cookie.get(name).is_some());
        return match () {
            () if has(&["originalMaxAge"]) => Some(EntryKind::Express),
            () if has(&["overwrite", "signed", "maxAge", "maxage"]) => Some(EntryKind::KoaGeneric),
            () if has(&["httpOnly", "path", "expires"]) => Some(EntryKind::Express),
            () => None,
        };
    }
    let ends = matches!(session.js("_expire"), Js::Number(_)) && session.get("_maxAge").is_some();
    (ends || session.js("_session") == Js::Bool(true)).then_some(EntryKind::KoaSession)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_told_apart() {
        for (value, kind) in [
            (
                r#"{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"}}"#,
                EntryKind::Express,
            ),
            (
                r#"{"cookie":{"httpOnly":true,"path":"/","overwrite":true,"signed":true,"maxage":1}}"#,
                EntryKind::KoaGeneric,
            ),
            (r#"{"a":1,"_expire":1,"_maxAge":1}"#, EntryKind::KoaSession),
            (r#"{"_session":true}"#, EntryKind::KoaSession),
            (r#"{"a":1}"#, EntryKind::Unclear),
            ("null", EntryKind::Damaged(Damage::NotAnObject)),
        ] {
            assert_eq!(EntryKind::of(value.as_bytes(), true), kind, "{value}");
        }
        assert_eq!(
            EntryKind::of(b"\xff", true),
            EntryKind::Damaged(Damage::NotUtf8)
        );
        assert_eq!(EntryKind::of(b"12", false), EntryKind::Other);
        assert_eq!(EntryKind::of(br#"{"a":1}"#, false), EntryKind::Other);
    }
}
