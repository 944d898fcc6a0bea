//! Ours: the handle over a store in memory.

mod kind;
mod operations;

use std::time::Duration;

use cloakroom_core::store::{ENDED_MEMORY, TouchOutcome};
use cloakroom_core::{Label, Sessions, Subject, Timeouts, Token};
use rand::rngs::StdRng;
use tokio::runtime::Runtime;

use crate::contestants::{Contestant, Failure, LeapingClock, Sample};
use crate::workload::{Account, DEVICES, LABELS, Operation};

pub(crate) use kind::Kind;

/// A store with a number of live sessions, and the tokens of their clients.
pub(crate) struct Cloakroom {
    runtime: Runtime,
    clock: LeapingClock,
    sessions: Sessions<Account>,
    /// The tokens of user `n` stand at `n * DEVICES` and after.
    tokens: Vec<Token>,
    /// Places in `tokens` whose sessions this round has ended.
    vacant: Vec<usize>,
    /// Anonymous sessions of this round, which will sign in there.
    visitors: Vec<Token>,
    random: StdRng,
}

impl Cloakroom {
    pub(crate) fn empty(kind: Kind, size: usize, random: StdRng) -> Result<Self, Failure> {
        let clock = LeapingClock::default();
        // So long that no session idles out, and none has to be touched, while the time leaps.
        let sessions = Sessions::builder(kind.store(size)?)
            .timeouts(Timeouts::AAL1)
            .clock(clock.clone())
            // How much of the data is decoded already would change with the number of sessions.
            .max_decoded(0)
            .build()?;
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread().build()?,
            clock,
            sessions,
            tokens: Vec::new(),
            vacant: Vec::new(),
            visitors: Vec::new(),
            random,
        })
    }

    /// Filled with this many sessions of signed-in users, whose tokens are kept.
    pub(crate) fn filled(size: usize, random: StdRng) -> Result<Self, Failure> {
        let mut filled = Self::empty(Kind::SignedIn, size, random)?;
        for at in 0..size {
            let token = filled.sign_in(at)?;
            filled.tokens.push(token);
        }
        Ok(filled)
    }

    /// One more session, whose token nobody keeps.
    pub(crate) fn add(&mut self, kind: Kind, at: usize) -> Result<(), Failure> {
        match kind {
            Kind::Anonymous | Kind::AnonymousUnlimited => {
                let data = Account::example(&mut self.random);
                drop(self.runtime.block_on(self.sessions.create(data))?);
            }
            Kind::SignedIn | Kind::SignedInLimited => drop(self.sign_in(at)?),
            Kind::SignedInUsed => {
                let id = self.sign_in(at)?.id();
                let (store, subject) = (self.sessions.store(), subject(at)?);
                let later = self.sessions.now().plus(Duration::from_secs(1));
                let touch = store.touch(id, Some(&subject), later);
                if !matches!(self.runtime.block_on(touch)?, TouchOutcome::Touched) {
                    return Err("a touch found no session".into());
                }
            }
            Kind::SignedInOnce => drop(self.sign_in(at * DEVICES)?),
        }
        Ok(())
    }

    /// How many sessions live.
    pub(crate) fn count(&self) -> Result<u64, Failure> {
        let store = self.sessions.store();
        Ok(self.runtime.block_on(store.count(self.sessions.now()))?)
    }

    /// Signs in the user of a place, on the device of that place.
    fn sign_in(&mut self, at: usize) -> Result<Token, Failure> {
        let subject = subject(at)?;
        let label = label(at)?;
        let data = Account::example(&mut self.random);
        self.runtime.block_on(async {
            let attempt = self.sessions.begin_sign_in(&subject).await?.label(label);
            let signed_in = self.sessions.complete(attempt, None, |_| data.clone());
            let issued = signed_in.await?.signed_in();
            Ok(issued.ok_or("a sign-in was refused")?.token)
        })
    }
}

impl Contestant for Cloakroom {
    fn measure(&mut self, operation: Operation) -> Result<Option<Sample>, Failure> {
        let count = operation.batch();
        match operation {
            Operation::StoreLoad => self.load_from_store(count),
            Operation::StoreLoadFew => self.load_few_from_store(count),
            Operation::Load => self.load(count),
            Operation::Update => self.update(count),
            Operation::ListDevices => self.list_devices(count),
            Operation::SignOut => self.sign_out(count),
            Operation::CreateAnonymous => self.create_anonymous(count),
            Operation::SignIn => self.sign_visitors_in(),
            Operation::RevokeAll => self.revoke_all(count),
            Operation::Purge => return self.purge(),
        }
        .map(Some)
    }

    /// Signs in again whom the round has signed out, and forgets what it has ended.
    fn settle(&mut self) -> Result<(), Failure> {
        for at in std::mem::take(&mut self.vacant) {
            self.tokens[at] = self.sign_in(at)?;
        }
        self.clock.leap(ENDED_MEMORY + Duration::from_secs(1));
        Ok(())
    }

    fn verify(&self) -> Result<(), Failure> {
        let (expected, found) = (self.tokens.len() as u64, self.count()?);
        if found != expected {
            return Err(format!("{found} sessions live where {expected} should").into());
        }
        Ok(())
    }
}

/// Whose session a place is.
fn subject(at: usize) -> Result<Subject, Failure> {
    Ok(Subject::new(format!("user-{}", at / DEVICES))?)
}

fn label(at: usize) -> Result<Label, Failure> {
    Ok(Label::new(LABELS[at % DEVICES])?)
}
