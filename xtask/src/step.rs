//! A part of a chore, announced and timed.

use std::time::{Duration, Instant};

use crate::failure::Result;

pub(crate) fn run(name: &str, work: impl FnOnce() -> Result) -> Result {
    println!("\n==> {name}");
    let start = Instant::now();
    let result = work();
    let verdict = if result.is_ok() { "done" } else { "FAILED" };
    println!("<== {name}: {verdict} in {}", readable(start.elapsed()));
    result
}

pub(crate) fn readable(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(readable(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(readable(Duration::from_secs(60)), "1 min 0 s");
        assert_eq!(readable(Duration::from_secs(3_601)), "60 min 1 s");
    }
}
