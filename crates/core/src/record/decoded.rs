//! Decoded data, kept beside the record that they were decoded from.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// The data of a record as somebody has decoded them: a record never changes, and neither do they.
///
/// A copy of the record shares them, as it has the same payload.
#[derive(Clone, Default)]
pub(crate) struct Decoded(OnceLock<Arc<Kept>>);

struct Kept {
    data: Data,
    share: Share,
}

/// Data of the application. Where they panic when they are dropped here, that is no failure of the store,
/// nor of whoever happened to end the session.
struct Data(Option<Arc<dyn Any + Send + Sync>>);

impl Decoded {
    /// What was kept on this allowance, by which one handle knows its own: another may decode the same
    /// bytes to other data.
    pub(crate) fn get<T: Send + Sync + 'static>(
        &self,
        allowance: &Arc<Allowance>,
    ) -> Option<Arc<T>> {
        let kept = self.0.get()?;
        let is_own = Arc::ptr_eq(&kept.share.of, allowance);
        let data = kept.data.0.as_ref().filter(|_| is_own)?;
        Arc::clone(data).downcast().ok()
    }

    /// Keeps them, unless there are some already or the allowance is used up.
    pub(crate) fn keep<T: Send + Sync + 'static>(
        &self,
        data: &Arc<T>,
        bytes: usize,
        allowance: &Arc<Allowance>,
    ) {
        if self.0.get().is_none()
            && let Some(share) = allowance.take(bytes)
        {
            let data = Data(Some(Arc::clone(data) as Arc<dyn Any + Send + Sync>));
            // Where another was faster, the share goes back.
            let _ = self.0.set(Arc::new(Kept { data, share }));
        }
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let data = self.0.take();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(data))) {
            // It might panic too.
            mem::forget(panic);
        }
    }
}

/// It says nothing that the payload does not.
impl PartialEq for Decoded {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Decoded {}

/// How many bytes of encoded data a handle may still keep decoded.
pub(crate) struct Allowance(AtomicUsize);

/// A part of it, given back when what it was taken for goes.
struct Share {
    of: Arc<Allowance>,
    bytes: usize,
}

impl Allowance {
    pub(crate) fn of(bytes: usize) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(bytes)))
    }

    fn take(self: &Arc<Self>, bytes: usize) -> Option<Share> {
        let less = |left: usize| left.checked_sub(bytes);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        taken.ok().map(|_| Share {
            of: Arc::clone(self),
            bytes,
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.of.0.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_found_by_its_own_handle_and_type_alone() {
        let (own, other) = (Allowance::of(10), Allowance::of(10));
        let decoded = Decoded::default();
        assert_eq!(decoded.get::<u32>(&own), None);
        decoded.keep(&Arc::new(7_u32), 10, &own);
        assert_eq!(decoded.get::<u32>(&own).as_deref(), Some(&7));
        assert_eq!(decoded.get::<u64>(&own), None);
        assert_eq!(decoded.get::<u32>(&other), None);
        assert_eq!(decoded.clone().get::<u32>(&own).as_deref(), Some(&7));
    }

    #[test]
    fn no_more_is_kept_than_allowed_and_what_goes_makes_room() {
        let allowance = Allowance::of(10);
        let (first, second) = (Decoded::default(), Decoded::default());
        first.keep(&Arc::new(1_u32), 6, &allowance);
        second.keep(&Arc::new(2_u32), 6, &allowance);
        assert_eq!(second.get::<u32>(&allowance), None);
        // What is there stays, and takes its share once.
        first.keep(&Arc::new(3_u32), 4, &allowance);
        assert_eq!(first.get::<u32>(&allowance).as_deref(), Some(&1));
        let copy = first.clone();
        drop(first);
        second.keep(&Arc::new(2_u32), 10, &allowance);
        assert_eq!(second.get::<u32>(&allowance), None);
        drop(copy);
        second.keep(&Arc::new(2_u32), 10, &allowance);
        assert_eq!(second.get::<u32>(&allowance).as_deref(), Some(&2));
    }

    #[test]
    fn data_that_panic_when_they_are_dropped_go_quietly_and_make_room() {
        struct Fragile;
        impl Drop for Fragile {
            fn drop(&mut self) {
                std::panic::panic_any(Self);
            }
        }
        let allowance = Allowance::of(1);
        let decoded = Decoded::default();
        decoded.keep(&Arc::new(Fragile), 1, &allowance);
        drop(decoded);
        assert!(allowance.take(1).is_some());
    }
}
