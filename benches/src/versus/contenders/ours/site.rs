//! What a web service does, by the handle.

use std::hint::black_box;
use std::sync::RwLock;

use cloakroom_core::{SignOut, Token};

use crate::contestants::Failure;
use crate::versus::contenders::ours::{Ours, sign_in};
use crate::versus::site::{Entrance, Site};

impl Site for Ours {
    type Ticket = Token;

    fn tickets(&self) -> &[RwLock<Token>] {
        &self.tokens
    }

    async fn load(&self, token: &Token) -> Result<bool, Failure> {
        Ok(black_box(self.sessions.load(token).await?).is_found())
    }

    async fn update(&self, token: &Token) -> Result<bool, Failure> {
        let updated = self.sessions.update(token, |account| account.visits += 1);
        Ok(updated.await?.is_found())
    }

    fn server(&self) -> Option<u32> {
        self.server
    }
}

impl Entrance for Ours {
    async fn sign_out_and_in(&self, at: usize, token: Token) -> Result<Token, Failure> {
        let data = match self.sessions.peek(&token).await?.found() {
            Some(session) => session.into_data(),
            None => return Err("a session is not there".into()),
        };
        if let SignOut::Missing = self.sessions.sign_out(&token).await? {
            return Err("a session was not there to be signed out".into());
        }
        sign_in(&self.sessions, at, data).await
    }
}
