//! What a web service does with its sessions, whatever library keeps them.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;

use crate::contestants::Failure;
use crate::versus::contender::{Contender, deal};
use crate::workload::Keys;

/// A library with a store full of sessions, used through its own public interface. Who holds a
/// [`Ticket`](Site::Ticket) is one client.
pub(crate) trait Site: Send + Sync + 'static {
    /// What a client presents.
    type Ticket: Clone + PartialEq + Send + Sync + 'static;

    /// Those of all clients.
    fn tickets(&self) -> &[RwLock<Self::Ticket>];

    /// Reads the session's data. Tells whether it was there.
    fn load(&self, ticket: &Self::Ticket) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Changes one field of the data, and stores it. Tells whether the session was there.
    fn update(&self, ticket: &Self::Ticket) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// The process that serves it, where there is one.
    fn server(&self) -> Option<u32> {
        None
    }
}

/// One that users sign in to.
pub(crate) trait Entrance: Site {
    /// The session of a client ends, and its user signs in again.
    fn sign_out_and_in(
        &self,
        at: usize,
        ticket: Self::Ticket,
    ) -> impl Future<Output = Result<Self::Ticket, Failure>> + Send;
}

/// The ticket of one client.
pub(crate) fn ticket<S: Site>(site: &S, at: usize) -> S::Ticket {
    let slot = site.tickets()[at].read();
    slot.unwrap_or_else(PoisonError::into_inner).clone()
}

/// What a request does with the session of its client.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Use {
    Read,
    Change,
}

/// One use of the sessions of many clients.
pub(crate) struct Using<S> {
    pub(crate) site: Arc<S>,
    pub(crate) keys: Keys,
    pub(crate) does: Use,
}

impl<S: Site> Contender for Using<S> {
    type Item = S::Ticket;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<S::Ticket>>, Failure> {
        let of_client = |at| ticket(&*self.site, at);
        Ok(deal(&self.keys, tasks, each, random, of_client))
    }

    async fn operate(&self, ticket: S::Ticket) -> Result<bool, Failure> {
        match self.does {
            Use::Read => self.site.load(&ticket).await,
            Use::Change => self.site.update(&ticket).await,
        }
    }

    fn server(&self) -> Option<u32> {
        self.site.server()
    }
}

/// Signing out and in again, each client by itself.
pub(crate) struct SignInAgain<S> {
    pub(crate) site: Arc<S>,
}

impl<S: Entrance> Contender for SignInAgain<S> {
    type Item = usize;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<usize>>, Failure> {
        let among = self.site.tickets().len();
        let drawn = crate::workload::draw_distinct(random, tasks * each, among);
        Ok(drawn.chunks(each).map(<[usize]>::to_vec).collect())
    }

    async fn operate(&self, at: usize) -> Result<bool, Failure> {
        again(&*self.site, at).await
    }

    fn most(&self) -> usize {
        self.site.tickets().len() / 2
    }

    fn server(&self) -> Option<u32> {
        self.site.server()
    }
}

async fn again<S: Entrance>(site: &S, at: usize) -> Result<bool, Failure> {
    let new = site.sign_out_and_in(at, ticket(site, at)).await?;
    let mut slot = site.tickets()[at]
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    *slot = new;
    Ok(true)
}

/// Whether a session was not found because its client was just signing out: it has another soon.
async fn is_signing_out<S: Site>(site: &S, at: usize, presented: &S::Ticket) -> bool {
    for _ in 0..1_000 {
        if ticket(site, at) != *presented {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    false
}

/// The day of a web service: 95 of 100 requests read, 4 change, one signs out and in again.
pub(crate) struct Mixed<S> {
    pub(crate) site: Arc<S>,
    pub(crate) keys: Keys,
}

/// What a request does, by the client in this place.
#[derive(Clone, Copy)]
pub(crate) enum Request {
    Load(usize),
    Update(usize),
    SignInAgain(usize),
}

impl<S: Entrance> Contender for Mixed<S> {
    type Item = Request;

    /// A client signs in again on one task at most: no two sign the same one out.
    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<Request>>, Failure> {
        let range = self.site.tickets().len() / tasks;
        let mut request = |task: usize| {
            let at = self.keys.draw(random);
            match random.random_range(0..100) {
                0 => Request::SignInAgain(task * range + at % range),
                1..=4 => Request::Update(at),
                _ => Request::Load(at),
            }
        };
        let of_task = |task| (0..each).map(|_| request(task)).collect();
        Ok((0..tasks).map(of_task).collect())
    }

    async fn operate(&self, request: Request) -> Result<bool, Failure> {
        let site = &*self.site;
        let (at, presented, found) = match request {
            Request::SignInAgain(at) => return again(site, at).await,
            Request::Load(at) => {
                let ticket = ticket(site, at);
                let found = site.load(&ticket).await?;
                (at, ticket, found)
            }
            Request::Update(at) => {
                let ticket = ticket(site, at);
                let found = site.update(&ticket).await?;
                (at, ticket, found)
            }
        };
        Ok(found || is_signing_out(site, at, &presented).await)
    }

    fn server(&self) -> Option<u32> {
        self.site.server()
    }
}
