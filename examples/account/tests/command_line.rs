//! The program as a terminal sees it: its arguments, its address, its stores, and how it stops.
#![expect(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

#[path = "browser/process.rs"]
mod process;
#[path = "browser/server.rs"]
mod server;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Output};

use process::Process;
use server::{Scratch, Server};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Runs it to its end, in a directory of its own.
fn run(arguments: &[&str]) -> Result<Output> {
    let scratch = Scratch::new()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_account"));
    Ok(command
        .args(arguments)
        .current_dir(scratch.path())
        .output()?)
}

/// The head and the body of a page.
fn get(address: &str) -> Result<String> {
    let host = address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn arguments_that_make_no_sense_are_refused_with_a_reason_and_the_help() -> Result {
    for (arguments, reason) in [
        (&["--colour"][..], "error: there is no `--colour`\n"),
        (&["--port"], "error: `--port` needs a value after it\n"),
        (
            &["--store", "tape"],
            "error: there is no store `tape`; choose sled, moka or redis\n",
        ),
    ] {
        let output = run(arguments)?;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = String::from_utf8(output.stderr)?;
        assert!(
            said.starts_with(reason) && said.contains("--confirm-after SECONDS"),
            "{said}"
        );
        assert!(output.stdout.is_empty());
    }
    let output = run(&["--help"])?;
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout)?.contains("--store sled|moka|redis"));
    Ok(())
}

#[test]
fn what_cannot_be_had_is_said_in_one_line() -> Result {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = taken.local_addr()?.port().to_string();
    let output = run(&["--port", &port])?;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr)?;
    let why = format!("error: port {port} is taken; choose another with --port\n");
    assert_eq!(said, why);

    // Nobody listens there: the number is ours.
    let url = format!("redis://127.0.0.1:{port}");
    drop(taken);
    let output = run(&["--port", "0", "--store", "redis", "--redis", &url])?;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr)?;
    assert!(
        said.starts_with("error: could not open the store"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    Ok(())
}

#[test]
fn where_the_usual_port_is_taken_the_next_that_is_free_is_used() -> Result {
    let (one, two) = (Scratch::new()?, Scratch::new()?);
    let start = |scratch: &Scratch| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_account"));
        let command = command
            .args(["--store", "moka"])
            .current_dir(scratch.path());
        Process::start(command, "http://127.0.0.1:")
    };
    // Whoever else may have the usual one: two that run at once have two ports.
    let (first, here) = start(&one)?;
    let (second, there) = start(&two)?;
    assert_ne!(here, there);
    assert!(get(&here)?.starts_with("HTTP/1.1 200") && get(&there)?.starts_with("HTTP/1.1 200"));
    first.terminate()?;
    second.terminate()?;
    // The data went where it was said that they go.
    assert!(one.path().join("account-data/users.lock").is_file());
    Ok(())
}

#[test]
fn two_that_would_share_one_directory_do_not() -> Result {
    let scratch = Scratch::new()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_account"));
    let command = command.args(["--port", "0"]).current_dir(scratch.path());
    let (first, _) = Process::start(command, "http://127.0.0.1:")?;
    let output = command.output()?;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains("another process uses it"), "{said}");
    first.terminate()?;
    Ok(())
}

#[test]
fn after_it_was_killed_it_starts_again_on_the_same_data() -> Result {
    let mut server = Server::start(&[])?;
    assert!(get(&server.url())?.starts_with("HTTP/1.1 200"));
    let address = server.url();
    server.kill()?;
    server.start_again(&[])?;
    assert_eq!(server.url(), address);
    assert!(get(&server.url())?.starts_with("HTTP/1.1 200"));
    Ok(())
}

#[test]
fn a_browser_that_keeps_its_connection_open_does_not_keep_the_server_up() -> Result {
    let mut server = Server::start(&[])?;
    let host = server.url().replace("http://", "");
    // One that has asked something, and one that has not.
    let mut idle = TcpStream::connect(&host)?;
    write!(idle, "GET /goodbye HTTP/1.1\r\nhost: {host}\r\n\r\n")?;
    let mut answered = [0; 12];
    idle.read_exact(&mut answered)?;
    let silent = TcpStream::connect(&host)?;
    // It waits for requests that are under way. There are none.
    assert_eq!(server.stop()?, ["Stop it with Ctrl-C.", "Stopped."]);
    drop((idle, silent));
    Ok(())
}

#[test]
fn with_redis_down_pages_say_so_and_with_it_back_they_go_on() -> Result {
    let scratch = Scratch::new()?;
    let start_redis = |port: u16| -> Result<Process> {
        let mut command = Command::new("redis-server");
        let port = port.to_string();
        let settings = [
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ];
        let command = command.args(settings).current_dir(scratch.path());
        Ok(Process::start(command, "Ready to accept connections")?.0)
    };
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    let redis = start_redis(port)?;
    let url = format!("redis://127.0.0.1:{port}");
    let server = Server::start(&["--store", "redis", "--redis", &url])?;
    assert!(get(&server.url())?.starts_with("HTTP/1.1 200"));

    redis.kill()?;
    let answer = get(&server.url())?;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(
        answer.contains("\r\nretry-after: ") && answer.contains("That did not work just now"),
        "{answer}"
    );
    assert!(!answer.contains("\r\nset-cookie"), "{answer}");

    let redis = start_redis(port)?;
    let mut answer = get(&server.url())?;
    let start = std::time::Instant::now();
    // It connects again by itself, at its own pace.
    while !answer.starts_with("HTTP/1.1 200") && start.elapsed().as_secs() < 60 {
        answer = get(&server.url())?;
    }
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    redis.kill()
}
