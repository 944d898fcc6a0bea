//! A server that answers what the test wants.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A server on loopback that answers each command as it was told, word for word, and ends with the test.
#[derive(Debug, Clone)]
pub(crate) struct Fake {
    port: u16,
    answers: Arc<Mutex<HashMap<&'static str, Vec<u8>>>>,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let fake = Self {
            port: listener.local_addr().expect("an address").port(),
            answers: Arc::default(),
        };
        tokio::spawn({
            let fake = fake.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(fake.clone().serve(stream));
                }
            }
        });
        fake
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// What a command is answered with from now on.
    pub(crate) fn answer(&self, command: &'static str, reply: &str) {
        let mut answers = self.answers.lock().expect("not poisoned");
        answers.insert(command, reply.as_bytes().to_vec());
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(command) = command(&mut stream).await {
            let reply = self.reply_to(&command);
            if stream.write_all(&reply).await.is_err() {
                return;
            }
        }
    }

    fn reply_to(&self, command: &str) -> Vec<u8> {
        let answers = self.answers.lock().expect("not poisoned");
        // What the client asks for itself when it connects.
        let fine = b"+OK\r\n".to_vec();
        answers.get(command).cloned().unwrap_or(fine)
    }
}

/// The name of the next command.
async fn command(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let words = number(stream, '*').await?;
    let mut name = None;
    for _ in 0..words {
        let length = number(stream, '$').await?;
        let mut word = vec![0; length + 2];
        stream.read_exact(&mut word).await.ok()?;
        word.truncate(length);
        name.get_or_insert_with(|| String::from_utf8_lossy(&word).to_uppercase());
    }
    name
}

async fn number(stream: &mut BufReader<TcpStream>, sign: char) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.trim_end().strip_prefix(sign)?.parse().ok()
}
