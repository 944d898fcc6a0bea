//! What is measured: one definition for all contestants.

use rand::rngs::StdRng;
use rand::seq::index;
use rand::{Rng as _, RngExt as _};
use rand_distr::{Distribution as _, Zipf};
use serde::{Deserialize, Serialize};

/// How many live sessions there are.
pub(crate) const SIZES: [usize; 5] = [1_000, BASE, 100_000, 1_000_000, LARGEST];

/// So many are ours alone, and only where they fit.
pub(crate) const LARGEST: usize = 10_000_000;

/// The size that the others are compared with.
pub(crate) const BASE: usize = 10_000;

/// How many sessions [`Operation::StoreLoadFew`] asks for at most.
pub(crate) const FEW: usize = BASE;

/// How many sessions a user has, each on a device of its own.
pub(crate) const DEVICES: usize = 2;

/// What the devices are called.
pub(crate) const LABELS: [&str; DEVICES] = ["Firefox on Linux", "Safari on iPhone"];

/// A thing that is done to a store. A round does them in this order: what signing out frees is
/// filled by signing in, and what revoking ends is made again before the next round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The store itself, through `Arc<dyn SessionStore>`: an id in, a record out.
    StoreLoad,
    /// The same, of [`FEW`] sessions among all: what is left of the growth when the caches hold what
    /// is asked for.
    StoreLoadFew,
    /// The handle: a token in, typed data out.
    Load,
    /// The handle: load, decode, change, encode, save.
    Update,
    /// The sessions of one user, listed.
    ListDevices,
    /// A session ends.
    SignOut,
    /// An anonymous session begins.
    CreateAnonymous,
    /// From that session: begin and complete. A new token, the old session ended.
    SignIn,
    /// All sessions of one user end.
    RevokeAll,
    /// What is over goes, for each thing that went.
    Purge,
}

impl Operation {
    pub(crate) const ALL: [Self; 10] = [
        Self::StoreLoad,
        Self::StoreLoadFew,
        Self::Load,
        Self::Update,
        Self::ListDevices,
        Self::SignOut,
        Self::CreateAnonymous,
        Self::SignIn,
        Self::RevokeAll,
        Self::Purge,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::StoreLoad => "load, store",
            Self::StoreLoadFew => "load, store, always of the same 10,000",
            Self::Load => "load, typed",
            Self::Update => "update",
            Self::ListDevices => "list of 2 devices",
            Self::SignOut => "sign-out",
            Self::CreateAnonymous => "create anonymous",
            Self::SignIn => "sign-in from anonymous",
            Self::RevokeAll => "revoke all 2",
            Self::Purge => "purge, each thing over",
        }
    }

    /// How many are timed together. Those that end or make sessions are few, so that the number of
    /// live sessions stays near what the contestant says.
    pub(crate) fn batch(self) -> usize {
        match self {
            Self::StoreLoad | Self::StoreLoadFew | Self::Load => 10_000,
            Self::Update => 5_000,
            Self::ListDevices => 2_000,
            Self::SignOut | Self::CreateAnonymous | Self::SignIn | Self::RevokeAll => 500,
            // As many as there are.
            Self::Purge => usize::MAX,
        }
    }
}

/// Which of some sessions are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keys {
    /// All alike.
    Uniform {
        /// How many there are.
        among: usize,
    },
    /// A few of them far more often than the others: the `n`th in proportion to `n` to the power of −0.99.
    Zipf {
        /// How many there are.
        among: usize,
        ranks: Zipf<f64>,
    },
}

impl Keys {
    pub(crate) fn zipf(among: usize) -> Option<Self> {
        let ranks = Zipf::new(among as f64, 0.99).ok()?;
        Some(Self::Zipf { among, ranks })
    }

    pub(crate) fn draw(&self, random: &mut StdRng) -> usize {
        match self {
            Self::Uniform { among } => random.random_range(0..*among),
            // A large prime number spreads those that are asked for the most.
            Self::Zipf { among, ranks } => (ranks.sample(random) as usize * 15_485_863) % among,
        }
    }
}

/// `count` of `among`, uniformly; one may come twice.
pub(crate) fn draw(random: &mut StdRng, count: usize, among: usize) -> Vec<usize> {
    (0..count).map(|_| random.random_range(0..among)).collect()
}

/// `count` of `among`, uniformly; none comes twice.
pub(crate) fn draw_distinct(random: &mut StdRng, count: usize, among: usize) -> Vec<usize> {
    index::sample(random, among, count).into_vec()
}

/// Session data as a web application has them, about 400 bytes as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    user: u64,
    name: String,
    email: String,
    locale: String,
    city: String,
    roles: Vec<String>,
    csrf: String,
    pub(crate) visits: u32,
    verified: bool,
    theme: String,
    last_page: String,
    cart: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Item {
    sku: String,
    quantity: u16,
    cents: u32,
}

impl Account {
    /// The data of a user. Different users have different data.
    pub(crate) fn example(random: &mut StdRng) -> Self {
        let user = random.next_u64() >> 20;
        let item = |random: &mut StdRng| Item {
            sku: format!("SKU-{:08x}", random.next_u32()),
            quantity: random.random_range(1..10),
            cents: random.random_range(100..100_000),
        };
        Self {
            user,
            name: format!("Example User {:06}", user % 1_000_000),
            email: format!("user{:06}@mail.example.org", user % 1_000_000),
            locale: "en-GB".to_owned(),
            city: "Newcastle upon Tyne".to_owned(),
            roles: vec!["member".to_owned(), "newsletter".to_owned()],
            csrf: format!("{:016x}{:016x}", random.next_u64(), random.next_u64()),
            visits: 0,
            verified: true,
            theme: "dark".to_owned(),
            last_page: format!("/shop/category/{:04}/page/2", user % 10_000),
            cart: vec![item(random), item(random)],
        }
    }

    /// How many bytes the data take as JSON, on average.
    pub(crate) fn mean_json_len(random: &mut StdRng) -> f64 {
        const SAMPLES: usize = 1_000;
        let len = |_| {
            let json = serde_json::to_vec(&Self::example(random));
            json.map_or(0, |json| json.len())
        };
        let total: usize = (0..SAMPLES).map(len).sum();
        total as f64 / SAMPLES as f64
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn a_session_has_about_400_bytes() {
        let mean = Account::mean_json_len(&mut StdRng::seed_from_u64(1));
        assert!((390.0..410.0).contains(&mean), "{mean}");
    }

    #[test]
    fn by_the_law_of_zipf_a_few_are_asked_for_often() {
        let keys = Keys::zipf(100_000).unwrap();
        let random = &mut StdRng::seed_from_u64(1);
        let mut counts = std::collections::HashMap::new();
        for _ in 0..100_000 {
            *counts.entry(keys.draw(random)).or_insert(0) += 1;
        }
        let most = counts.values().max().copied().unwrap();
        // The first of a hundred thousand has one part in 12.8.
        assert!((7_000..9_000).contains(&most), "{most}");
        assert!(counts.keys().all(|at| *at < 100_000));
    }

    #[test]
    fn what_is_drawn_to_be_ended_is_drawn_once() {
        let mut drawn = draw_distinct(&mut StdRng::seed_from_u64(1), 500, 1_000);
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn.len(), 500);
    }
}
