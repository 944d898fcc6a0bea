//! The scripts that run on the server.

use std::sync::LazyLock;

/// A script, and the digest that the server knows it by.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) source: &'static str,
    pub(crate) sha: String,
}

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = $file:literal;)+) => {$(
        $(#[$doc])*
        pub(crate) static $name: LazyLock<Script> = LazyLock::new(|| {
            let source = include_str!(concat!("scripts/", $file));
            let sha = redis::Script::new(source).get_hash().to_owned();
            Script { source, sha }
        });
    )+};
}

scripts! {
    /// Writes a session, if it is still what was read.
    SAVE = "save.lua";
    /// Deletes a session, if it is still what was read.
    END = "end.lua";
    /// Gives a key that never goes a lifetime.
    LIMIT = "limit.lua";
    /// Puts a value under another key, with a lifetime.
    MOVE = "move.lua";
    /// Ends the sessions of a token set, if it is still what was read.
    REVOKE = "revoke.lua";
    /// Forgets tokens whose sessions have gone.
    PRUNE = "prune.lua";
}
