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
