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
    /// Reads records and token sets at one moment, or changes them if what the decision was based on
    /// still holds.
    COMMIT = "commit.lua";
    /// Stores a session anew, where the decision over it still holds.
    KEEP = "keep.lua";
    /// The generation of a token set.
    BEGIN = "begin.lua";
    /// Takes out of a token set what is over.
    PRUNE = "prune.lua";
}
