//! What every store does: a key in, what it keeps under that out.

use std::future::Future;
use std::sync::Arc;

use rand::rngs::StdRng;

use crate::contestants::Failure;
use crate::versus::contender::{Contender, deal};
use crate::workload::Keys;

/// Full of sessions, or of what stands for them, and used through its own public interface.
pub(crate) trait Keyed: Send + Sync + 'static {
    /// What a session is found by.
    type Key: Send + 'static;

    /// The one of the session in this place.
    fn key(&self, at: usize) -> Result<Self::Key, Failure>;

    /// Reads a session, in the store's own form. Tells whether it was there.
    fn fetch(&self, key: Self::Key) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// The process that serves it, where there is one.
    fn server(&self) -> Option<u32> {
        None
    }
}

/// Loading.
pub(crate) struct Load<S> {
    pub(crate) store: Arc<S>,
    pub(crate) keys: Keys,
}

impl<S: Keyed> Contender for Load<S> {
    type Item = S::Key;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<S::Key>>, Failure> {
        let dealt = deal(&self.keys, tasks, each, random, |at| self.store.key(at));
        dealt
            .into_iter()
            .map(Vec::into_iter)
            .map(Iterator::collect)
            .collect()
    }

    async fn operate(&self, key: S::Key) -> Result<bool, Failure> {
        self.store.fetch(key).await
    }

    fn server(&self) -> Option<u32> {
        self.store.server()
    }
}
