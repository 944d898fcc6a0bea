//! Signatures on cookies: Koa's and Express's.

mod express;
mod keygrip;

use std::fmt;

use zeroize::Zeroize;

pub use express::ExpressSecrets;
pub use keygrip::{Keygrip, KeygripDigest};

/// The keys of one application. The first signs, all verify.
#[derive(Clone)]
pub(crate) struct Keys(Vec<Vec<u8>>);

impl Keys {
    pub(crate) fn new<K: Into<Vec<u8>>>(keys: impl IntoIterator<Item = K>) -> Result<Self, NoKeys> {
        let keys: Vec<Vec<u8>> = keys.into_iter().map(Into::into).collect();
        match keys.is_empty() {
            true => Err(NoKeys),
            false => Ok(Self(keys)),
        }
    }

    /// The one that signs.
    pub(crate) fn first(&self) -> &[u8] {
        // There is one: `new` saw to it.
        self.0.first().map_or(&[], Vec::as_slice)
    }

    /// Where the first of those is that this holds for. All are asked, so that the time tells less.
    pub(crate) fn position(&self, holds: impl Fn(&[u8]) -> bool) -> Option<usize> {
        let found = |found: Option<usize>, (at, key): (usize, &Vec<u8>)| {
            let holds = holds(key);
            found.or_else(|| holds.then_some(at))
        };
        self.0.iter().enumerate().fold(None, found)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys", self.0.len())
    }
}

/// There was no key to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no key to sign with")]
pub struct NoKeys;
