//! Connections that are kept open, and one request after the other over each.

use std::net::SocketAddr;

use futures_util::future::try_join_all;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::contestants::{COUNT, Who};
use crate::{BATCH, CONNECTIONS, Failure, SESSIONS};

pub(crate) struct Client {
    who: Who,
    connections: Vec<Connection>,
    /// One for each session.
    requests: Vec<String>,
}

impl Client {
    /// Opens the connections, and makes the sessions.
    pub(crate) async fn connect(who: Who, address: SocketAddr) -> Result<Self, Failure> {
        let connecting = (0..CONNECTIONS).map(|_| Connection::open(address));
        let mut connections = try_join_all(connecting).await?;
        let mut requests = Vec::with_capacity(SESSIONS);
        let first = connections.first_mut().ok_or("there is a connection")?;
        for _ in 0..SESSIONS {
            let answer = first.ask(&request("/new", address, "")).await?;
            let cookie = answer.cookie();
            if who.reads() && cookie.is_empty() {
                return Err(format!("{}: no cookie in {}", who.title(), answer.head).into());
            }
            requests.push(request("/", address, &cookie));
        }
        Ok(Self {
            who,
            connections,
            requests,
        })
    }

    pub(crate) fn who(&self) -> Who {
        self.who
    }

    /// A batch over each connection, all at once. Every answer is looked at.
    pub(crate) async fn batch(&mut self, seed: u64) -> Result<(), Failure> {
        let requests = &self.requests;
        let batches = self
            .connections
            .iter_mut()
            .enumerate()
            .map(|(at, connection)| async move {
                let mut random = StdRng::seed_from_u64(seed ^ at as u64);
                for _ in 0..BATCH {
                    let Some(request) = requests.get(random.random_range(0..SESSIONS)) else {
                        return Err(Failure::from("there is a request"));
                    };
                    let answer = connection.ask(request).await?;
                    if !answer.head.starts_with("HTTP/1.1 200") || answer.body != COUNT.to_string()
                    {
                        return Err(format!("{} and {}", answer.head, answer.body).into());
                    }
                }
                Ok(())
            });
        try_join_all(batches).await?;
        Ok(())
    }
}

fn request(path: &str, address: SocketAddr, cookie: &str) -> String {
    let cookie = match cookie {
        "" => String::new(),
        cookie => format!("cookie: {cookie}\r\n"),
    };
    format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n{cookie}\r\n")
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

struct Answer<'a> {
    head: &'a str,
    body: &'a str,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(1024),
        })
    }

    async fn ask(&mut self, request: &str) -> Result<Answer<'_>, Failure> {
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server has closed the connection".into());
            }
            if is_whole(&self.buffer) {
                break;
            }
        }
        let text = std::str::from_utf8(&self.buffer)?;
        let (head, body) = text.split_once("\r\n\r\n").ok_or("an answer has a head")?;
        Ok(Answer { head, body })
    }
}

impl Answer<'_> {
    /// The cookies that the answer sets, as a request brings them.
    fn cookie(&self) -> String {
        let set = headers(self.head, "set-cookie");
        let pairs: Vec<_> = set.filter_map(|set| set.split(';').next()).collect();
        pairs.join("; ")
    }
}

/// Whether an answer is there with its whole body.
fn is_whole(answer: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(answer) else {
        return false;
    };
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = headers(head, "content-length").next();
    let length = length.and_then(|length| length.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn headers<'a>(head: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    head.lines().filter_map(move |line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_once_its_body_is() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n17";
        for len in 0..answer.len() {
            assert!(!is_whole(&answer[..len]), "{len}");
        }
        assert!(is_whole(answer));
        assert!(is_whole(b"HTTP/1.1 204 No Content\r\n\r\n"));
    }

    #[test]
    fn cookies_are_taken_without_their_attributes() {
        for (head, cookie) in [
            (
                "HTTP/1.1 200 OK\r\nset-cookie: a=x; Path=/\r\ndate: now",
                "a=x",
            ),
            (
                "HTTP/1.1 200 OK\r\nSet-Cookie: a=x\r\nSet-Cookie: b=y; Path=/",
                "a=x; b=y",
            ),
            ("HTTP/1.1 200 OK", ""),
        ] {
            assert_eq!(Answer { head, body: "" }.cookie(), cookie);
        }
    }
}
