use std::io;

use super::*;

const KINDS: [ErrorKind; 18] = [
    ErrorKind::Unavailable,
    ErrorKind::Timeout,
    ErrorKind::OutcomeUnknown,
    ErrorKind::Contended,
    ErrorKind::Corrupt,
    ErrorKind::NewerVersion,
    ErrorKind::Full,
    ErrorKind::Denied,
    ErrorKind::InvalidInput,
    ErrorKind::InvalidConfiguration,
    ErrorKind::TooLarge,
    ErrorKind::Encode,
    ErrorKind::Decode,
    ErrorKind::UnknownCodec,
    ErrorKind::CursorLost,
    ErrorKind::ClockDrift,
    ErrorKind::Entropy,
    ErrorKind::Internal,
];

const OPERATIONS: [Operation; 14] = [
    Operation::Open,
    Operation::Build,
    Operation::Begin,
    Operation::Create,
    Operation::Load,
    Operation::Update,
    Operation::Touch,
    Operation::Renew,
    Operation::Delete,
    Operation::TokenSet,
    Operation::Revoke,
    Operation::PurgeExpired,
    Operation::Scan,
    Operation::Count,
];

/// Spelt out for each kind, so that a new one has to be thought about.
fn may_be_tried_again(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Contended => true,
        // It may have happened.
        ErrorKind::OutcomeUnknown => false,
        ErrorKind::Corrupt | ErrorKind::NewerVersion | ErrorKind::Decode => false,
        ErrorKind::Full | ErrorKind::Denied | ErrorKind::ClockDrift | ErrorKind::Entropy => false,
        ErrorKind::InvalidInput | ErrorKind::InvalidConfiguration => false,
        ErrorKind::TooLarge | ErrorKind::Encode | ErrorKind::UnknownCodec => false,
        ErrorKind::CursorLost | ErrorKind::Internal => false,
    }
}

#[test]
fn only_what_wrote_nothing_and_may_pass_is_retryable() {
    for kind in KINDS {
        let error = Error::new(kind, Operation::Update);
        assert_eq!(error.is_retryable(), may_be_tried_again(kind), "{kind:?}");
    }
}

#[test]
fn it_keeps_its_kind_and_its_operation() {
    for kind in KINDS {
        for operation in OPERATIONS {
            let error = Error::new(kind, operation);
            assert_eq!((error.kind(), error.operation()), (kind, operation));
        }
    }
}

#[test]
fn the_message_says_one_level_and_the_source_the_next() {
    let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused");
    let error = Error::with_source(ErrorKind::Unavailable, Operation::Load, refused);
    assert_eq!(
        error.to_string(),
        "could not load the session: the store is unavailable"
    );
    let source = error.source().unwrap();
    assert_eq!(source.to_string(), "connection refused");
    assert!(source.is::<io::Error>());
    assert!(
        Error::new(ErrorKind::Full, Operation::Load)
            .source()
            .is_none()
    );
}

#[test]
fn every_message_reads_as_a_sentence_of_its_own() {
    let mut messages: Vec<String> = OPERATIONS
        .iter()
        .flat_map(|operation| KINDS.map(|kind| Error::new(kind, *operation).to_string()))
        .collect();
    for message in &messages {
        assert!(message.starts_with("could not "), "{message}");
        assert!(!message.ends_with('.'), "{message}");
    }
    messages.sort();
    messages.dedup();
    assert_eq!(messages.len(), KINDS.len() * OPERATIONS.len());
}

/// They label metrics: to change one is to break a dashboard.
#[test]
fn operations_have_names_for_metrics() {
    assert_eq!(
        OPERATIONS.map(Operation::name),
        [
            "open",
            "build",
            "begin",
            "create",
            "load",
            "update",
            "touch",
            "renew",
            "delete",
            "token_set",
            "revoke",
            "purge_expired",
            "scan",
            "count",
        ]
    );
}

#[test]
fn it_can_be_sent_shared_and_kept() {
    fn kept<T: StdError + Send + Sync + 'static>() {}
    kept::<Error>();
}
