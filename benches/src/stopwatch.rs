//! How long this thread, or this process, has computed.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// How long this thread has computed. Not the time on the wall: on a shared machine that tells more
/// about the neighbours than about us. Nothing that is measured by it waits or uses other threads.
pub(crate) struct Stopwatch(Timespec);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(clock_gettime(ClockId::ThreadCPUTime))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        between(self.0, clock_gettime(ClockId::ThreadCPUTime))
    }
}

/// How long all threads of this process have computed.
pub(crate) struct ProcessStopwatch(Timespec);

impl ProcessStopwatch {
    pub(crate) fn start() -> Self {
        Self(clock_gettime(ClockId::ProcessCPUTime))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        between(self.0, clock_gettime(ClockId::ProcessCPUTime))
    }
}

fn between(from: Timespec, to: Timespec) -> Duration {
    let nanos = |at: Timespec| i128::from(at.tv_sec) * 1_000_000_000 + i128::from(at.tv_nsec);
    Duration::from_nanos(u64::try_from(nanos(to) - nanos(from)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_run_while_the_thread_computes() {
        let process = ProcessStopwatch::start();
        let thread = Stopwatch::start();
        let mut sum = 0_u64;
        while thread.elapsed() < Duration::from_micros(100) {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(sum > 0);
        assert!(process.elapsed() >= Duration::from_micros(50));
    }
}
