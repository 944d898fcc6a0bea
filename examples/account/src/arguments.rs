//! What the command line asks for.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::session_layer::Secure;

pub(crate) const HELP: &str = "\
A web application that shows what Cloakroom does: accounts, and where one is signed in.

  cargo run -p account -- [OPTIONS]

  --store sled|moka|redis   where sessions are kept: on disk (the default), in memory, or in Redis
  --redis URL               the Redis server, redis://127.0.0.1:6379 by default
  --data DIR                where users, and sessions on disk, are kept; ./account-data by default
  --port N                  the port on 127.0.0.1; by default 8088, or the next that is free
  --confirm-after SECONDS   ask for the password again before the account is deleted, if it was
                            typed longer ago than this; 300 by default
  --secure-cookies          cookies for HTTPS alone: for use behind a proxy that speaks it
  --help                    print this
";

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    Help,
    Serve(Arguments),
}

/// How to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) store: StoreKind,
    pub(crate) data: PathBuf,
    /// This port and no other; none where any will do.
    pub(crate) port: Option<u16>,
    pub(crate) confirm_after: Duration,
    pub(crate) cookies: Secure,
}

/// Where sessions are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreKind {
    Sled,
    Moka,
    Redis { url: String },
}

impl Request {
    pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, BadArguments> {
        let mut words = words.into_iter();
        let mut store = None;
        let mut redis = None;
        let mut arguments = Arguments {
            store: StoreKind::Sled,
            data: PathBuf::from("account-data"),
            port: None,
            confirm_after: Duration::from_secs(300),
            cookies: Secure::No,
        };
        while let Some(word) = words.next() {
            let option = text(word)?;
            let mut value = || {
                words
                    .next()
                    .ok_or_else(|| BadArguments::NoValue(option.clone()))
            };
            match option.as_str() {
                "--help" | "-h" => return Ok(Self::Help),
                "--store" => store = Some(text(value()?)?),
                "--redis" => redis = Some(text(value()?)?),
                "--data" => {
                    arguments.data = PathBuf::from(value()?);
                    if arguments.data.as_os_str().is_empty() {
                        return Err(BadArguments::NoDirectory);
                    }
                }
                "--port" => arguments.port = Some(number(&option, &text(value()?)?)?),
                "--confirm-after" => {
                    let seconds: u32 = number(&option, &text(value()?)?)?;
                    if seconds == 0 {
                        return Err(BadArguments::NeverConfirmed);
                    }
                    arguments.confirm_after = Duration::from_secs(seconds.into());
                }
                "--secure-cookies" => arguments.cookies = Secure::Yes,
                _ => return Err(BadArguments::Unknown(option)),
            }
        }
        arguments.store = store_kind(store.as_deref(), redis)?;
        Ok(Self::Serve(arguments))
    }
}

fn store_kind(store: Option<&str>, redis: Option<String>) -> Result<StoreKind, BadArguments> {
    match (store, redis) {
        (Some("redis"), url) => Ok(StoreKind::Redis {
            url: url.unwrap_or_else(|| "redis://127.0.0.1:6379".to_owned()),
        }),
        (_, Some(_)) => Err(BadArguments::RedisUnused),
        (None | Some("sled"), None) => Ok(StoreKind::Sled),
        (Some("moka"), None) => Ok(StoreKind::Moka),
        (Some(other), None) => Err(BadArguments::UnknownStore(other.to_owned())),
    }
}

fn text(word: OsString) -> Result<String, BadArguments> {
    word.into_string()
        .map_err(|word| BadArguments::NotText(word.to_string_lossy().into_owned()))
}

fn number<N: std::str::FromStr>(option: &str, value: &str) -> Result<N, BadArguments> {
    value.parse().map_err(|_| BadArguments::NoNumber {
        option: option.to_owned(),
        value: value.to_owned(),
    })
}

/// Why the command line makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadArguments {
    #[error("there is no `{0}`")]
    Unknown(String),
    #[error("`{0}` needs a value after it")]
    NoValue(String),
    #[error("`{option}` needs a whole number that is not too large, and got `{value}`")]
    NoNumber { option: String, value: String },
    #[error("there is no store `{0}`; choose sled, moka or redis")]
    UnknownStore(String),
    #[error("`--redis` is for `--store redis`; give both or neither")]
    RedisUnused,
    #[error("with `--confirm-after 0` nobody could ever confirm; give it at least 1 second")]
    NeverConfirmed,
    #[error("`--data` needs the name of a directory, and got an empty one")]
    NoDirectory,
    #[error("`{0}` is not UTF-8")]
    NotText(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, BadArguments> {
        Request::parse(line.split_whitespace().map(OsString::from))
    }

    fn served(line: &str) -> Arguments {
        match parse(line) {
            Ok(Request::Serve(arguments)) => arguments,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn without_arguments_sessions_are_on_disk() {
        let arguments = served("");
        assert_eq!(arguments.store, StoreKind::Sled);
        assert_eq!(arguments.data, PathBuf::from("account-data"));
        assert_eq!(arguments.port, None);
        assert_eq!(arguments.cookies, Secure::No);
    }

    #[test]
    fn each_option_is_taken() {
        let arguments = served(
            "--store redis --redis redis://10.0.0.1 --data d --port 0 --confirm-after 7 --secure-cookies",
        );
        let expected = Arguments {
            store: StoreKind::Redis {
                url: "redis://10.0.0.1".to_owned(),
            },
            data: PathBuf::from("d"),
            port: Some(0),
            confirm_after: Duration::from_secs(7),
            cookies: Secure::Yes,
        };
        assert_eq!(arguments, expected);
        assert_eq!(served("--store moka").store, StoreKind::Moka);
        assert_eq!(parse("--port 1 --help"), Ok(Request::Help));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_reason() {
        for (line, reason) in [
            ("serve", "there is no `serve`"),
            ("--port", "`--port` needs a value"),
            ("--port 70000", "whole number"),
            ("--port x", "`x`"),
            ("--confirm-after -1", "whole number"),
            ("--confirm-after 0", "at least 1 second"),
            ("--store disk", "choose sled, moka or redis"),
            ("--redis redis://x", "`--store redis`"),
            ("--store moka --redis redis://x", "`--store redis`"),
        ] {
            let refused = parse(line).unwrap_err().to_string();
            assert!(refused.contains(reason), "{line}: {refused}");
        }
        let empty = Request::parse(["--data", ""].map(OsString::from));
        assert_eq!(empty, Err(BadArguments::NoDirectory));
    }
}
