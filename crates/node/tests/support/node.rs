//! The real packages of Node.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// Where the packages are, in the versions of the lock file. They are installed by the first test that asks.
pub(crate) fn packages() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("node-packages");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node");
        let lock = std::fs::read(source.join("package-lock.json")).expect("the lock file");
        std::fs::create_dir_all(&folder).expect("a folder in target/");
        let is_installed =
            std::fs::read(folder.join("installed")).is_ok_and(|before| before == lock);
        for file in [
            "package.json",
            "package-lock.json",
            "app.mjs",
            "middleware.mjs",
            "oracle.mjs",
        ] {
            std::fs::copy(source.join(file), folder.join(file)).expect("a copy");
        }
        if !is_installed {
            install(&folder);
            std::fs::write(folder.join("installed"), lock).expect("a mark");
        }
        folder
    })
}

fn install(folder: &Path) {
    let installed = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{}", missing("npm", &error)));
    let said = String::from_utf8_lossy(&installed.stderr);
    assert!(
        installed.status.success(),
        "`npm ci` failed, in {}:\n{said}",
        folder.display()
    );
}

fn missing(program: &str, error: &std::io::Error) -> String {
    format!(
        "these tests run real packages of Node, and `{program}` cannot be run ({error}): install Node 18 or later, \
         with `apt-get install nodejs npm` or by `cargo xtask test`"
    )
}

fn node(arguments: &[&str], zone: &str) -> Child {
    Command::new("node")
        .args(arguments)
        .env("TZ", zone)
        .current_dir(packages())
        .env("NO_DEPRECATION", "*")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}", missing("node", &error)))
}

/// An application in Node. It ends with its input, and so with the test.
#[derive(Debug)]
pub(crate) struct App {
    child: Child,
    port: u16,
}

impl App {
    /// `stack` is `koa-generic`, `koa-session` or `express`.
    pub(crate) fn start(stack: &str, url: &str, config: &Value) -> Self {
        let mut child = node(&["app.mjs", stack, url, &config.to_string()], "UTC");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the port");
        let port = line.trim().parse().expect("the application says its port");
        Self { child, port }
    }

    /// A request, and what is answered to it.
    pub(crate) fn get(&self, path: &str, cookie: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        );
        stream
            .write_all(request.as_bytes())
            .expect("it takes the request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        Answer::parse(&String::from_utf8_lossy(&answer))
    }

    /// The same from a task.
    pub(crate) async fn ask(self: &std::sync::Arc<Self>, path: &str, cookie: &str) -> Answer {
        let (app, path, cookie) = (self.clone(), path.to_owned(), cookie.to_owned());
        let asked = tokio::task::spawn_blocking(move || app.get(&path, &cookie));
        asked.await.expect("the request does not panic")
    }
}

impl Drop for App {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an application answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) set_cookie: Vec<String>,
    pub(crate) session: String,
    pub(crate) body: Value,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .expect("a status");
        let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
        let all = |name: &str| {
            let of_name = headers
                .iter()
                .filter(|(found, _)| found.eq_ignore_ascii_case(name));
            of_name
                .map(|(_, value)| (*value).to_owned())
                .collect::<Vec<_>>()
        };
        let is_chunked = all("transfer-encoding") == ["chunked"];
        let body = if is_chunked {
            unchunked(body)
        } else {
            body.to_owned()
        };
        Self {
            status: status.parse().expect("a number"),
            set_cookie: all("set-cookie"),
            session: all("x-session").into_iter().next().unwrap_or_default(),
            body: serde_json::from_str(&body).unwrap_or_default(),
        }
    }

    /// What the browser sends from then on.
    pub(crate) fn cookie(&self) -> String {
        header_of(&self.set_cookie)
    }
}

pub(crate) fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

/// What the browser sends after it was given these.
pub(crate) fn header_of(set_cookie: &[String]) -> String {
    let pairs = set_cookie
        .iter()
        .map(|cookie| cookie.split(';').next().unwrap_or_default());
    pairs.collect::<Vec<_>>().join("; ")
}

fn unchunked(body: &str) -> String {
    let (mut whole, mut rest) = (String::new(), body);
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a size");
        whole.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
        if size == 0 {
            break;
        }
    }
    whole
}

/// Whom to ask what Node does.
#[derive(Debug)]
pub(crate) struct Oracle {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Oracle {
    pub(crate) fn start() -> Self {
        Self::of("oracle.mjs", "UTC")
    }

    /// Who runs requests through the real middleware.
    pub(crate) fn middleware() -> Self {
        Self::middleware_in("UTC")
    }

    /// The same on a host that has the time of a place.
    pub(crate) fn middleware_in(zone: &str) -> Self {
        Self::of("middleware.mjs", zone)
    }

    fn of(program: &str, zone: &str) -> Self {
        let mut child = node(&[program], zone);
        Self {
            stdin: child.stdin.take(),
            stdout: BufReader::new(child.stdout.take().expect("it is piped")),
            child,
        }
    }

    pub(crate) fn ask(&mut self, question: &Value) -> Value {
        let stdin = self.stdin.as_mut().expect("it is open");
        writeln!(stdin, "{question}").expect("it reads");
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("it answers");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no answer to {question}"))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A date of JavaScript's, in either form, as milliseconds: worked out apart from the crate under test.
pub(crate) fn millis(date: &str) -> u64 {
    let (day, time) = match date.split_once(", ") {
        Some((_, rest)) => {
            let words: Vec<_> = rest.split(' ').collect();
            let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
            let month = months.find(words[1]).expect("a month") / 3 + 1;
            (
                format!("{}-{month:02}-{}", words[2], words[0]),
                format!("{}.000", words[3]),
            )
        }
        None => {
            let (day, time) = date
                .trim_end_matches('Z')
                .split_once('T')
                .expect("a date and a time");
            (day.to_owned(), time.to_owned())
        }
    };
    let numbers = |text: &str, by: char| -> Vec<u64> {
        text.split(by)
            .map(|number| number.parse().expect("a number"))
            .collect()
    };
    let day = numbers(&day, '-');
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut days = (1970..day[0])
        .map(|year| if is_leap(year) { 366 } else { 365 })
        .sum::<u64>();
    let lengths = [
        31,
        if is_leap(day[0]) { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    days += lengths.iter().take(day[1] as usize - 1).sum::<u64>() + day[2] - 1;
    let (clock, fraction) = time.split_once('.').expect("milliseconds");
    let clock = numbers(clock, ':');
    let seconds = days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2];
    seconds * 1000 + fraction.parse::<u64>().expect("milliseconds")
}
