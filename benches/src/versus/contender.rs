//! Who can take part in a race, and what with.

use std::future::Future;

use rand::rngs::StdRng;

use crate::contestants::Failure;
use crate::workload::Keys;

/// An operation of a store.
pub(crate) trait Contender: Send + Sync + 'static {
    /// What one operation is made with.
    type Item: Send + 'static;

    /// What the operations of a lap are made with, for each task a list of `each`. Not timed.
    fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> impl Future<Output = Result<Vec<Vec<Self::Item>>, Failure>>;

    /// One operation. Tells whether it did what it should.
    fn operate(&self, item: Self::Item) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Makes everything as it was before the lap. Not timed.
    fn settle(&self) -> impl Future<Output = Result<(), Failure>> {
        async { Ok(()) }
    }

    /// How many operations a lap can have at most.
    fn most(&self) -> usize {
        usize::MAX
    }

    /// The process that serves it, where there is one.
    fn server(&self) -> Option<u32> {
        None
    }
}

/// For each task a list of `each` things that are asked for, by where they are.
pub(crate) fn deal<T>(
    keys: &Keys,
    tasks: usize,
    each: usize,
    random: &mut StdRng,
    mut thing: impl FnMut(usize) -> T,
) -> Vec<Vec<T>> {
    let mut of_task = || (0..each).map(|_| thing(keys.draw(random))).collect();
    (0..tasks).map(|_| of_task()).collect()
}
