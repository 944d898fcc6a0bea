//! The `redis` crate by itself, on the settings of the store's own connections.

use std::hint::black_box;

use rand::rngs::StdRng;
use redis::aio::MultiplexedConnection;

use crate::contestants::{Failure, records};
use crate::versus::race::{Contender, deal};
use crate::workload::Keys;

/// A key in, bytes out.
pub(crate) struct Get {
    connection: MultiplexedConnection,
    names: Vec<Vec<u8>>,
    keys: Keys,
    server: u32,
}

impl Get {
    pub(crate) async fn filled(
        url: &str,
        server: u32,
        size: usize,
        keys: Keys,
        random: &mut StdRng,
    ) -> Result<Self, Failure> {
        let settings = redis::AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_pipeline_buffer_size(1024);
        let client = redis::Client::open(url)?;
        let connection = client.get_multiplexed_async_connection_with_config(&settings);
        let mut connection = connection.await?;
        let mut names = Vec::with_capacity(size);
        for records in records(size, random)?.chunks(1_000) {
            let mut pipeline = redis::pipe();
            for record in records {
                // As long as the store's own.
                let id = record.id();
                let name = format!("cloakroom:{{{}}}:s:{id}", id.placement()).into_bytes();
                let value = record.encode(cloakroom_core::RecordVersion::default());
                pipeline.set(&name, &value).ignore();
                names.push(name);
            }
            let () = pipeline.query_async(&mut connection).await?;
        }
        Ok(Self {
            connection,
            names,
            keys,
            server,
        })
    }
}

impl Contender for Get {
    type Item = Vec<u8>;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<Vec<u8>>>, Failure> {
        let name = |at: usize| self.names[at].clone();
        Ok(deal(&self.keys, tasks, each, random, name))
    }

    async fn operate(&self, name: Vec<u8>) -> Result<bool, Failure> {
        let mut connection = self.connection.clone();
        let get = redis::Cmd::get(name);
        let value: Option<Vec<u8>> = get.query_async(&mut connection).await?;
        Ok(black_box(value).is_some())
    }

    fn server(&self) -> Option<u32> {
        Some(self.server)
    }
}
