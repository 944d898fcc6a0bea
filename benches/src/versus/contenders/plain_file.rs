//! The limit of whatever is on disk before it is told: lines in a plain file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use cloakroom_core::SessionId;
use rand::Rng as _;
use rand::rngs::StdRng;
use tokio::sync::oneshot;

use crate::contestants::Failure;
use crate::versus::contender::Contender;

/// An ending has to tell an id.
const LINE: usize = SessionId::LEN;

/// How long the file is, from the start: so that a sync has nothing to store but the lines.
const LENGTH: usize = 16 << 20;

/// Appends, and is told when that is on disk. One thread writes what all of them have by then, in one
/// piece, and syncs the file once for them. At the end of the file it goes on at the beginning.
pub(crate) struct PlainFile {
    appends: Sender<Append>,
}

struct Append {
    line: [u8; LINE],
    done: oneshot::Sender<Result<(), io::ErrorKind>>,
}

impl PlainFile {
    pub(crate) fn create(directory: &Path) -> Result<Self, Failure> {
        let file = File::create(directory.join("lines"))?;
        file.write_all_at(&vec![0; LENGTH], 0)?;
        file.sync_all()?;
        let (appends, queue) = mpsc::channel();
        // It ends with the last of those who append.
        thread::spawn(move || write(&file, &queue));
        Ok(Self { appends })
    }
}

fn write(file: &File, queue: &Receiver<Append>) {
    let mut at = 0;
    while let Ok(first) = queue.recv() {
        let group: Vec<_> = std::iter::once(first).chain(queue.try_iter()).collect();
        let bytes: Vec<u8> = group.iter().flat_map(|append| append.line).collect();
        if at + bytes.len() > LENGTH {
            at = 0;
        }
        let written = file.write_all_at(&bytes, at as u64);
        let synced = written.and_then(|()| file.sync_data());
        let told = synced.map_err(|error| error.kind());
        at += bytes.len();
        for append in group {
            let _ = append.done.send(told);
        }
    }
}

impl Contender for PlainFile {
    type Item = [u8; LINE];

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<[u8; LINE]>>, Failure> {
        let mut line = || {
            let mut line = [0; LINE];
            random.fill_bytes(&mut line);
            line
        };
        let mut of_task = || (0..each).map(|_| line()).collect();
        Ok((0..tasks).map(|_| of_task()).collect())
    }

    async fn operate(&self, line: [u8; LINE]) -> Result<bool, Failure> {
        let (done, told) = oneshot::channel();
        self.appends.send(Append { line, done })?;
        told.await?.map_err(io::Error::from)?;
        Ok(true)
    }
}
