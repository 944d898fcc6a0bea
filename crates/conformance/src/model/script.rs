//! A history as bytes.

use std::fmt;

/// One step of a script: what to do and when, in a few bytes that are all meaningful.
///
/// Zeros stand for what is simplest, so that a test runner that makes bytes smaller makes the step
/// simpler. What a number means is decided by the planner, which knows what
/// is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Step {
    /// Which operation: see [`Kind::of`].
    pub(crate) kind: u8,
    /// How far the time moves before it.
    pub(crate) time: u8,
    /// Whose session.
    pub(crate) who: u8,
    /// Which id.
    pub(crate) id: u8,
    /// Which other id.
    pub(crate) other: u8,
    /// Three more choices.
    pub(crate) a: u8,
    pub(crate) b: u8,
    pub(crate) c: u8,
}

impl Step {
    /// The length of a step in bytes.
    pub const LEN: usize = 8;

    /// The step of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; Step::LEN]) -> Self {
        let [kind, time, who, id, other, a, b, c] = bytes;
        Self {
            kind,
            time,
            who,
            id,
            other,
            a,
            b,
            c,
        }
    }
}

impl Step {
    /// Which of two clients asks.
    pub(crate) fn client(&self) -> usize {
        // Above, this byte moves the time.
        usize::from(self.time % 2)
    }

    /// Whether a task that has carried it out lets others go on.
    pub(crate) fn yields(&self) -> bool {
        // Concurrent tasks do not move the time, which leaves this byte to them.
        self.time.is_multiple_of(4)
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Load,
    Create,
    Begin,
    Update,
    Touch,
    Renew,
    Delete,
    Revoke,
    TokenSet,
    Purge,
    /// An earlier write once more, with everything as it was.
    Again,
    Scan,
    Count,
    Reopen,
}

impl Kind {
    /// Every byte stands for a kind, for some more often than for others.
    pub(crate) fn of(byte: u8) -> Self {
        match byte {
            0..32 => Self::Load,
            32..88 => Self::Create,
            88..108 => Self::Begin,
            108..136 => Self::Update,
            136..152 => Self::Touch,
            152..180 => Self::Renew,
            180..196 => Self::Delete,
            196..214 => Self::Revoke,
            214..222 => Self::TokenSet,
            222..228 => Self::Purge,
            228..246 => Self::Again,
            246..249 => Self::Scan,
            249..252 => Self::Count,
            252.. => Self::Reopen,
        }
    }
}

/// A sequence of operations, as bytes.
///
/// Any bytes are a script: eight for a step, a last step filled up with zeros, and no more than
/// [`MAX_STEPS`](Script::MAX_STEPS). `proptest` draws them, a fuzzer mutates them, and a file of
/// regressions keeps them.
///
/// ```
/// use cloakroom_conformance::model::Script;
///
/// let script = Script::parse(&[40, 0, 0, 1]);
/// assert_eq!(script.to_string(), "2800000100000000");
/// assert_eq!(Script::from_hex("2800000100000000"), Some(script));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    steps: Vec<[u8; Step::LEN]>,
}

impl Script {
    /// How many steps a script has at most; what follows is ignored.
    pub const MAX_STEPS: usize = 512;

    /// The script of any bytes.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let step = |bytes: &[u8]| {
            let mut step = [0; Step::LEN];
            step.iter_mut()
                .zip(bytes)
                .for_each(|(to, from)| *to = *from);
            step
        };
        let steps = bytes.chunks(Step::LEN).take(Self::MAX_STEPS);
        Self::from(steps.map(step).collect::<Vec<_>>())
    }

    /// The script of this text, which [`Display`](fmt::Display) shows.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let pairs = text.as_bytes().chunks(2);
        let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        Some(Self::parse(&pairs.map(byte).collect::<Option<Vec<_>>>()?))
    }

    /// Its steps.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        self.steps.iter().copied().map(Step::new)
    }
}

impl From<Vec<[u8; Step::LEN]>> for Script {
    fn from(steps: Vec<[u8; Step::LEN]>) -> Self {
        Self { steps }
    }
}

/// In hexadecimal digits.
impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.steps.iter().flatten() {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}
