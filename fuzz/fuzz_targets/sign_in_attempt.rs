//! A sign-in attempt that waited outside comes back as it was, in every codec, or not at all.
//! One that was made up signs nobody in.
#![no_main]

use cloakroom_conformance::reference::MemoryStore;
use cloakroom_core::{Label, Sessions, SignIn, SignInAttempt, Subject, Timestamp};
use cloakroom_fuzz::answer;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(attempt) = serde_json::from_slice::<SignInAttempt>(bytes) else {
        return;
    };
    assert!((1..=Subject::MAX_LEN).contains(&attempt.subject().as_str().len()));
    assert!(attempt.deadline().instant() <= Timestamp::MAX);
    comes_back(&attempt);
    // The same, where the application has added something.
    let label = Label::new("Firefox on Linux").expect("a label");
    comes_back(&attempt.clone().label(label));
    signs_nobody_in(attempt);
});

fn comes_back(attempt: &SignInAttempt) {
    let json = serde_json::to_vec(attempt).expect("an attempt encodes");
    let again: SignInAttempt = serde_json::from_slice(&json).expect("and decodes");
    assert_eq!(&again, attempt);
    let msgpack = rmp_serde::to_vec_named(attempt).expect("an attempt encodes");
    let again: SignInAttempt = rmp_serde::from_slice(&msgpack).expect("and decodes");
    assert_eq!(&again, attempt);
    let postcard = postcard::to_stdvec(attempt).expect("an attempt encodes");
    let again: SignInAttempt = postcard::from_bytes(&postcard).expect("and decodes");
    assert_eq!(&again, attempt);
}

/// In a store where nobody has begun to sign in.
fn signs_nobody_in(attempt: SignInAttempt) {
    let sessions = Sessions::<()>::builder(MemoryStore::default())
        .build()
        .expect("the defaults make sense");
    let completed = answer(sessions.complete(attempt, None, |_| ()));
    assert!(
        matches!(completed, Ok(SignIn::Superseded | SignIn::Expired)),
        "{completed:?}"
    );
}
