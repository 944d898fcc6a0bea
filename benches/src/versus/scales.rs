//! What a session weighs on a server.

/// What a server keeps grows by what each of those who fill it puts there.
#[derive(Debug, Default)]
pub(crate) struct Scales {
    before: u64,
    weights: Vec<(&'static str, f64)>,
}

impl Scales {
    /// What is there already is nobody's.
    pub(crate) fn empty(&mut self, bytes: u64) {
        self.before = bytes;
    }

    /// Somebody has put so many sessions there.
    pub(crate) fn put(&mut self, name: &'static str, sessions: usize, bytes: u64) {
        let grown = bytes.saturating_sub(self.before);
        self.weights.push((name, grown as f64 / sessions as f64));
        self.before = bytes;
    }

    /// The bytes of a session, by the name of who keeps it there.
    pub(crate) fn weights(&self) -> &[(&'static str, f64)] {
        &self.weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_weighs_what_came_with_it() {
        let mut scales = Scales::default();
        scales.empty(1_000);
        scales.put("one", 10, 3_000);
        scales.put("other", 10, 4_000);
        assert_eq!(scales.weights(), [("one", 200.0), ("other", 100.0)]);
    }
}
