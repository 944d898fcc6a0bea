//! A browser, as far as sessions go: a jar of cookies, and connections that are kept alive.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use cloakroom_core::Token;
use http::header::{COOKIE, HOST, SET_COOKIE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A browser with one jar. Each [`Tab`] has a connection of its own.
#[derive(Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    jar: Arc<Mutex<BTreeMap<String, String>>>,
}

/// A connection that is kept alive: one request after the other.
pub(crate) struct Tab {
    browser: Browser,
    connection: SendRequest<Body>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// The token that the response hands out, if it does.
    pub(crate) fn token(&self) -> Option<Token> {
        let cookies = self.set_cookies();
        assert!(cookies.len() < 2, "{cookies:?}");
        let (pair, _) = cookies.first()?.split_once(';')?;
        pair.split_once('=')?.1.parse().ok()
    }

    /// What the response sets, as text.
    pub(crate) fn set_cookies(&self) -> Vec<String> {
        let values = self.headers.get_all(SET_COOKIE).iter();
        values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Browser {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            jar: Arc::default(),
        }
    }

    pub(crate) async fn tab(&self) -> Tab {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (connection, driver) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(driver);
        Tab {
            browser: self.clone(),
            connection,
        }
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        let mut jar = self.jar.lock().unwrap();
        jar.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn forget(&self) {
        self.jar.lock().unwrap().clear();
    }

    fn header(&self) -> Option<String> {
        let jar = self.jar.lock().unwrap();
        let pairs: Vec<_> = jar.iter().map(|(n, v)| format!("{n}={v}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// In the order in which responses come.
    fn take(&self, answer: &Answer) {
        let mut jar = self.jar.lock().unwrap();
        for cookie in answer.set_cookies() {
            let pair = cookie.split("; ").next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Tab {
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    pub(crate) async fn post(&mut self, path: &str) -> Answer {
        self.send(Method::POST, path, &[]).await
    }

    /// Sends a request with the cookies of the jar, and puts those of the response into it.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "localhost");
        if let Some(cookies) = self.browser.header() {
            request = request.header(COOKIE, cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        self.connection.ready().await.unwrap();
        let response = self.connection.send_request(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(Body::new(body), 1 << 20)
            .await
            .unwrap();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        self.browser.take(&answer);
        answer
    }
}
