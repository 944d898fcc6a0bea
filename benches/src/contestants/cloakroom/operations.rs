//! One batch of each operation. What can be prepared is, before the time runs.

use std::hint::black_box;

use cloakroom_core::store::LoadOutcome;
use cloakroom_core::{SessionId, SignOut, Token};

use crate::contestants::cloakroom::{Cloakroom, label, subject};
use crate::contestants::{Failure, Sample};
use crate::stopwatch::Stopwatch;
use crate::workload::{self, Account, DEVICES, FEW};

impl Cloakroom {
    pub(super) fn load_from_store(&mut self, count: usize) -> Result<Sample, Failure> {
        let ids = self.draw_tokens(count).iter().map(Token::id).collect();
        self.load_ids(ids)
    }

    pub(super) fn load_few_from_store(&mut self, count: usize) -> Result<Sample, Failure> {
        let few = FEW.min(self.tokens.len());
        let drawn = workload::draw(&mut self.random, count, few);
        // Spread over the whole store, as all of them are.
        let apart = self.tokens.len() / few;
        let ids = drawn
            .iter()
            .map(|at| self.tokens[at * apart].id())
            .collect();
        self.load_ids(ids)
    }

    fn load_ids(&mut self, ids: Vec<SessionId>) -> Result<Sample, Failure> {
        let (store, now) = (self.sessions.store(), self.sessions.now());
        self.runtime.block_on(time(ids.into_iter(), async |id| {
            let outcome = black_box(store.load(id, now).await?);
            Ok(matches!(outcome, LoadOutcome::Found(_)))
        }))
    }

    pub(super) fn load(&mut self, count: usize) -> Result<Sample, Failure> {
        let tokens = self.draw_tokens(count);
        self.runtime.block_on(time(tokens.iter(), async |token| {
            Ok(black_box(self.sessions.load(token).await?).is_found())
        }))
    }

    pub(super) fn update(&mut self, count: usize) -> Result<Sample, Failure> {
        let tokens = self.draw_tokens(count);
        self.runtime.block_on(time(tokens.iter(), async |token| {
            let changed = self.sessions.update(token, |account| account.visits += 1);
            Ok(black_box(changed.await?).is_found())
        }))
    }

    pub(super) fn list_devices(&mut self, count: usize) -> Result<Sample, Failure> {
        let subjects = self.draw_places(count).into_iter().map(subject);
        let subjects: Vec<_> = subjects.collect::<Result<_, _>>()?;
        self.runtime.block_on(time(subjects.iter(), async |user| {
            let listed = black_box(self.sessions.tokens(user).list().await?);
            Ok(listed.len() == DEVICES)
        }))
    }

    /// The places become vacant.
    pub(super) fn sign_out(&mut self, count: usize) -> Result<Sample, Failure> {
        self.vacant = workload::draw_distinct(&mut self.random, count, self.tokens.len());
        let tokens: Vec<_> = self.vacant.iter().map(|at| &self.tokens[*at]).collect();
        self.runtime
            .block_on(time(tokens.into_iter(), async |token| {
                let outcome = black_box(self.sessions.sign_out(token).await?);
                Ok(matches!(outcome, SignOut::SignedOut { .. }))
            }))
    }

    /// Visitors come.
    pub(super) fn create_anonymous(&mut self, count: usize) -> Result<Sample, Failure> {
        let random = &mut self.random;
        let data: Vec<_> = (0..count).map(|_| Account::example(random)).collect();
        let mut visitors = Vec::with_capacity(count);
        let sample = self.runtime.block_on(time(data.into_iter(), async |data| {
            visitors.push(self.sessions.create(data).await?.token);
            Ok(true)
        }));
        self.visitors = visitors;
        sample
    }

    /// The visitors sign in at the vacant places.
    pub(super) fn sign_visitors_in(&mut self) -> Result<Sample, Failure> {
        let vacant = std::mem::take(&mut self.vacant);
        let visitors = std::mem::take(&mut self.visitors);
        let mut entering = Vec::with_capacity(vacant.len());
        for (at, visitor) in vacant.iter().zip(visitors) {
            entering.push((subject(*at)?, label(*at)?, visitor));
        }
        let mut tokens = Vec::with_capacity(vacant.len());
        let sessions = &self.sessions;
        let sample = self.runtime.block_on(time(
            entering.into_iter(),
            async |(subject, label, visitor)| {
                let attempt = sessions.begin_sign_in(&subject).await?.label(label);
                let carry = |data: Option<Account>| data.expect("a visitor has data");
                let signed_in = sessions.complete(attempt, Some(&visitor), carry).await?;
                tokens.push(signed_in.signed_in().ok_or("a sign-in was refused")?.token);
                Ok(true)
            },
        ))?;
        for (at, token) in vacant.into_iter().zip(tokens) {
            self.tokens[at] = token;
        }
        Ok(sample)
    }

    /// All places of some users become vacant.
    pub(super) fn revoke_all(&mut self, count: usize) -> Result<Sample, Failure> {
        let users = self.tokens.len() / DEVICES;
        let users = workload::draw_distinct(&mut self.random, count, users);
        let places = |user: &usize| user * DEVICES..(user + 1) * DEVICES;
        self.vacant = users.iter().flat_map(places).collect();
        let subjects = users.iter().map(|user| subject(user * DEVICES));
        let subjects: Vec<_> = subjects.collect::<Result<_, _>>()?;
        self.runtime.block_on(time(subjects.iter(), async |user| {
            let revoked = black_box(self.sessions.tokens(user).revoke_all().await?);
            Ok(revoked.ended.len() == DEVICES)
        }))
    }

    /// What the round before has ended goes.
    pub(super) fn purge(&mut self) -> Result<Option<Sample>, Failure> {
        let (store, now) = (self.sessions.store(), self.sessions.now());
        let start = Stopwatch::start();
        let gone = self
            .runtime
            .block_on(store.purge_expired(usize::MAX, now))?;
        if gone == 0 {
            return Ok(None);
        }
        Sample::new(start.elapsed(), gone, gone).map(Some)
    }

    /// Places of live sessions, which may come twice.
    fn draw_places(&mut self, count: usize) -> Vec<usize> {
        workload::draw(&mut self.random, count, self.tokens.len())
    }

    fn draw_tokens(&mut self, count: usize) -> Vec<Token> {
        let places = self.draw_places(count);
        places.iter().map(|at| self.tokens[*at].clone()).collect()
    }
}

/// Times an operation over what was prepared for it. It tells whether it did what it should.
async fn time<I: ExactSizeIterator>(
    prepared: I,
    mut operation: impl AsyncFnMut(I::Item) -> Result<bool, Failure>,
) -> Result<Sample, Failure> {
    let count = prepared.len();
    let mut done = 0;
    let start = Stopwatch::start();
    for item in prepared {
        done += usize::from(operation(item).await?);
    }
    Sample::new(start.elapsed(), done, count)
}
