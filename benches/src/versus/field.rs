//! Those who take turns with each other.

use std::any::Any;
use std::sync::Arc;

use crate::versus::contenders::ours::Ours;
use crate::versus::race::Entrant;
use crate::versus::ratios::TASKS;
use crate::versus::scales::Scales;

/// Those who take turns with each other, ready to start.
pub(crate) struct Field {
    pub(crate) title: &'static str,
    pub(crate) entrants: Vec<Entrant>,
    /// How many tasks there are, in one race after the other.
    pub(crate) tasks: Vec<usize>,
    /// Whose sessions are counted in the end.
    pub(crate) counted: Option<Arc<Ours>>,
    pub(crate) scales: Scales,
    /// What they run on. The last of the fields, so that it goes after them.
    _ground: Option<Box<dyn Any>>,
}

impl Field {
    pub(crate) fn new(title: &'static str, entrants: Vec<Entrant>) -> Self {
        Self {
            title,
            entrants,
            tasks: vec![TASKS],
            counted: None,
            scales: Scales::default(),
            _ground: None,
        }
    }

    /// Looks in the end whether as many of its sessions live as should.
    pub(crate) fn counting(self, ours: Arc<Ours>) -> Self {
        Self {
            counted: Some(ours),
            ..self
        }
    }

    /// With so many tasks as well.
    pub(crate) fn also_with(mut self, tasks: Option<usize>) -> Self {
        self.tasks.extend(tasks);
        self
    }

    pub(crate) fn weighed(self, scales: Scales) -> Self {
        Self { scales, ..self }
    }

    /// Keeps what they run on as long as they run.
    pub(crate) fn on(self, ground: impl Any) -> Self {
        Self {
            _ground: Some(Box::new(ground)),
            ..self
        }
    }
}
