//! A browser, as far as it matters: it keeps the cookie, and sends forms as they were shown.

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

/// A browser. Clones go on from the same cookie, as tabs do, until one is given another.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    pub(crate) cookie: Option<String>,
    pub(crate) agent: &'static str,
    /// Of the form that was shown last.
    pub(crate) form_token: String,
}

impl Browser {
    pub(crate) fn new(router: Router) -> Self {
        Self {
            router,
            cookie: None,
            agent: "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0",
            form_token: String::new(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn head(&mut self, path: &str) -> Answer {
        let request = self.request(Method::HEAD, path).body(Body::empty());
        self.send(request.unwrap()).await
    }

    /// Follows a redirect, as a browser does.
    pub(crate) async fn go(&mut self, path: &str) -> Answer {
        let mut answer = self.get(path).await;
        for _ in 0..5 {
            match answer.location().map(str::to_owned) {
                Some(next) => answer = self.get(&next).await,
                None => return answer,
            }
        }
        panic!("{path} leads in a circle");
    }

    /// Posts a form with the token that was shown last.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.form_token.clone();
        let mut fields = fields.to_vec();
        fields.push(("form_token", &token));
        self.post_bare(path, &fields, &[("sec-fetch-site", "same-origin")])
            .await
    }

    /// Posts these fields and no others.
    pub(crate) async fn post_bare(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let mut request = self
            .request(Method::POST, path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(encode(fields))).unwrap())
            .await
    }

    /// Opens the sign-in page, and signs in.
    pub(crate) async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.get("/sign-in").await;
        let fields = [("name", name), ("password", password)];
        self.post("/sign-in", &fields).await
    }

    /// Whether somebody is signed in here, as the user would find out.
    pub(crate) async fn is_signed_in(&mut self) -> bool {
        let answer = self.get("/devices").await;
        match answer.location() {
            None => answer.status == StatusCode::OK,
            Some(elsewhere) => {
                assert_eq!(elsewhere, "/sign-in?return_to=/devices");
                false
            }
        }
    }

    fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "127.0.0.1:8088")
            .header(USER_AGENT, self.agent);
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    async fn send(&mut self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer = Answer {
            status: head.status,
            headers: head.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        if let Some(cookie) = answer.set_cookie() {
            let (pair, attributes) = cookie.split_once(';').unwrap();
            self.cookie = (!attributes.contains("Max-Age=0")).then(|| pair.to_owned());
        }
        if let Some(token) = answer.form_token() {
            self.form_token = token.to_owned();
        }
        answer
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn location(&self) -> Option<&str> {
        self.header(LOCATION.as_str())
    }

    /// The one that there is, if there is one.
    pub(crate) fn set_cookie(&self) -> Option<&str> {
        assert!(self.headers.get_all(SET_COOKIE).iter().count() <= 1);
        self.header(SET_COOKIE.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn says(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    fn form_token(&self) -> Option<&str> {
        self.all_between("name=\"form_token\" value=\"", "\"")
            .next()
    }

    /// What stands between two texts, each time.
    pub(crate) fn all_between<'a>(
        &'a self,
        before: &'a str,
        after: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        let parts = self.body.split(before).skip(1);
        parts.map(move |part| part.split(after).next().unwrap_or_default())
    }
}

fn encode(fields: &[(&str, &str)]) -> String {
    let percent =
        |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", percent(value)))
        .collect();
    pairs.join("&")
}
