//! How long this thread has computed.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// How long this thread has computed. Not the time on the wall: on a shared machine that tells more
/// about the neighbours than about us. Nothing that is measured here waits or uses other threads.
pub(crate) struct Stopwatch(Timespec);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(clock_gettime(ClockId::ThreadCPUTime))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        let nanos = |at: Timespec| i128::from(at.tv_sec) * 1_000_000_000 + i128::from(at.tv_nsec);
        let elapsed = nanos(clock_gettime(ClockId::ThreadCPUTime)) - nanos(self.0);
        Duration::from_nanos(u64::try_from(elapsed).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_while_the_thread_computes() {
        let watch = Stopwatch::start();
        let mut sum = 0_u64;
        while watch.elapsed() < Duration::from_micros(100) {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(sum > 0);
    }
}
