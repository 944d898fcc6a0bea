use super::*;

/// What the server sends, as the client takes it.
fn told(reply: &str) -> Fault {
    let value = redis::parse_redis_value(format!("-{reply}\r\n").as_bytes()).unwrap();
    Fault::replied(value.extract_error().unwrap_err())
}

/// In the words of Redis 6.2, where the script calls and where it hands on, of Redis 7.0, and of Redis 7.2 and Valkey.
#[test]
fn a_right_that_a_script_lacks_is_denied_in_the_words_of_each_server() {
    for reply in [
        "ERR Error running script (call to f_0): @user_script:1: @user_script: 1: The user executing the script \
         can't run this command or subcommand",
        "@user_script: 1: The user executing the script can't run this command or subcommand",
        "ERR The user executing the script can't run this command or subcommand script: f_0, on @user_script:1.",
        "ERR ACL failure in script: User shop has no permissions to run the 'zadd' command script: f_0, on \
         @user_script:1.",
        "ERR ACL failure in script: User shop has no permissions to run the 'zadd' command",
    ] {
        let fault = told(reply);
        assert_eq!(fault.kind, ErrorKind::Denied, "{reply}");
        assert_eq!(
            (fault.unknown, &fault.reaction),
            (false, &Reaction::GiveUp),
            "{reply}"
        );
    }
}

/// The table that the crate's documentation shows, and what it leaves out as too rare.
#[test]
fn each_reply_has_its_kind_and_what_helps() {
    use ErrorKind::{Corrupt, Denied, Full, Internal, Unavailable};
    use Reaction::{Ask, GiveUp, Moved, Reconnect, SendScript, Wait};
    let node = || "10.0.0.1:6381".to_owned();
    for (reply, kind, reaction) in [
        ("MOVED 3999 10.0.0.1:6381", Unavailable, Moved(node())),
        ("MOVED 3999", Unavailable, Reconnect),
        ("ASK 3999 10.0.0.1:6381", Unavailable, Ask(node())),
        ("ASK 3999", Unavailable, Wait),
        ("NOSCRIPT No matching script.", Internal, SendScript),
        ("TRYAGAIN Multiple keys request", Unavailable, Wait),
        ("LOADING Redis is loading", Unavailable, Wait),
        ("BUSY Redis is busy running a script", Unavailable, Wait),
        ("NOREPLICAS Not enough good replicas", Unavailable, Wait),
        ("CLUSTERDOWN Hash slot not served", Unavailable, Reconnect),
        ("READONLY You can't write", Unavailable, Reconnect),
        (
            "MASTERDOWN Link with MASTER is down",
            Unavailable,
            Reconnect,
        ),
        ("UNBLOCKED force unblock", Unavailable, Reconnect),
        (
            "MISCONF Errors writing to the AOF file",
            Unavailable,
            GiveUp,
        ),
        ("OOM command not allowed", Full, GiveUp),
        ("NOAUTH Authentication required.", Denied, GiveUp),
        ("WRONGPASS invalid pair", Denied, GiveUp),
        ("NOPERM this user has no permissions", Denied, GiveUp),
        ("DENIED Redis is in protected mode", Denied, GiveUp),
        ("WRONGTYPE Operation against a key", Corrupt, GiveUp),
        ("ERR max number of clients reached", Unavailable, Wait),
        ("ERR unknown command 'X'", Internal, GiveUp),
        ("ODD that nobody has heard of", Internal, GiveUp),
    ] {
        let fault = told(reply);
        assert_eq!(
            (fault.kind, fault.unknown, fault.reaction),
            (kind, false, reaction),
            "{reply}"
        );
    }
}

#[test]
fn a_slot_that_begins_to_move_within_a_script_leaves_it_open_what_was_done() {
    for reply in [
        "ERR Error running script (call to f_0): @user_script:1: @user_script: 1: Lua script attempted to access \
         a non local key in a cluster node",
        "ERR Script attempted to access a non local key in a cluster node script: f_0, on @user_script:1.",
    ] {
        let fault = told(reply);
        let expected = (ErrorKind::Unavailable, true, Reaction::Reconnect);
        assert_eq!(
            (fault.kind, fault.unknown, fault.reaction),
            expected,
            "{reply}"
        );
    }
}

/// What fails within a script is told as it would be outside of one.
#[test]
fn what_a_server_of_6_2_wraps_is_unwrapped() {
    for code in [
        "OOM",
        "WRONGTYPE",
        "READONLY",
        "NOREPLICAS",
        "MISCONF",
        "MASTERDOWN",
        "NOPERM",
        "CLUSTERDOWN",
        "LOADING",
    ] {
        let plain = told(&format!("{code} in its own words"));
        let wrapped = told(&format!(
            "ERR Error running script (call to f_0): @user_script:7: -{code} in its own words"
        ));
        assert_ne!(plain.kind, ErrorKind::Internal, "{code}");
        assert_eq!(
            (wrapped.kind, wrapped.unknown, wrapped.reaction),
            (plain.kind, false, plain.reaction),
            "{code}"
        );
    }
    for other in [
        "ERR Error running script (call to f_0): @user_script:7: ROOMS are not OOMS",
        "ERR value is no OOM and no integer",
    ] {
        assert_eq!(told(other).kind, ErrorKind::Internal, "{other}");
    }
}

/// Nothing was sent, so that nothing can have been carried out.
#[test]
fn what_fails_while_connecting_has_written_nothing() {
    let refused = || RedisError::from(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
    assert!(Fault::replied(refused()).unknown);
    let fault = Fault::connecting(refused());
    assert_eq!(
        (fault.kind, fault.unknown, fault.reaction),
        (ErrorKind::Unavailable, false, Reaction::Reconnect)
    );
}

/// What a server has said before tells more than its silence in the rest of the time; that a connection was lost, or
/// that another node is to be asked, does not.
#[test]
fn silence_is_told_with_what_was_said_before() {
    let down = || told("CLUSTERDOWN Hash slot not served");
    let silent = Fault::no_answer().after(Some(down()));
    assert_eq!(
        (silent.kind, silent.unknown),
        (ErrorKind::Unavailable, true)
    );
    assert!(silent.why().contains("did not answer"), "{}", silent.why());
    assert!(
        silent.why().contains("Hash slot not served"),
        "{}",
        silent.why()
    );
    // However often it is tried, each is told once.
    let why = silent.why();
    let again = Fault::no_answer().after(Some(silent));
    assert_eq!((again.kind, again.why()), (ErrorKind::Unavailable, why));
    let kind = |fault: Fault, earlier| fault.not_written().after(earlier).kind;
    assert_eq!(
        kind(Fault::no_answer(), Some(Fault::no_slots())),
        ErrorKind::Unavailable
    );
    let lost = RedisError::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
    for earlier in [
        None,
        Some(Fault::replied(lost)),
        Some(Fault::no_primary("nobody")),
        Some(told("MOVED 3999 10.0.0.1:6381")),
        Some(told("ASK 3999 10.0.0.1:6381")),
    ] {
        assert_eq!(kind(Fault::no_answer(), earlier), ErrorKind::Timeout);
    }
    assert_eq!(kind(told("OOM"), Some(down())), ErrorKind::Full);
}
