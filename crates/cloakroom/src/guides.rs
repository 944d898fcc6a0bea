//! A page for each question that comes up when a service is built on sessions.
//!
//! | guide | answers |
//! | --- | --- |
//! | [`signing_in`] | How to sign in with a password, a second factor or an identity provider, and what to answer when a form is sent twice |
//! | [`renewing_tokens`] | How tokens change while a session lives, and what to do when an old one comes back |
//! | [`step_up`] | How to ask for the password again before a dangerous action |
//! | [`long_lived_connections`] | How a WebSocket learns that its session was revoked |
//! | [`changing_user_ids`] | How to rename a user, or make two accounts one |
//! | [`impersonation`] | How support staff can see what a user sees |
//! | [`unit_tests`] | How an application tests all this without a server and without sleeping |
//! | [`operating`] | Timeouts, caps, clocks, sweeping, errors, and the requirements of ASVS and NIST |
//!
//! Every example is compiled and run. These pages are part of the documentation only.

// As doctests they need what they show. As documentation they are always here.
macro_rules! guide {
    ($(#[cfg($needs:meta)])? $name:ident, $text:literal, $($links:literal),+) => {
        #[cfg(any(not(doctest), all(feature = "moka" $(, $needs)?)))]
        #[doc = include_str!($text)]
        #[doc = ""]
        #[doc = "# The calls in this guide"]
        #[doc = ""]
        $(#[doc = $links])+
        pub mod $name {}
    };
}

guide!(
    signing_in,
    "../docs/signing-in.md",
    "[`Sessions::begin_sign_in`](crate::Sessions::begin_sign_in) ·",
    "[`Sessions::complete`](crate::Sessions::complete) ·",
    "[`SignIn`](crate::SignIn) ·",
    "[`SignInAttempt`](crate::SignInAttempt) ·",
    "[`Sessions::renew`](crate::Sessions::renew) ·",
    "[`Sessions::try_update`](crate::Sessions::try_update)"
);
guide!(
    renewing_tokens,
    "../docs/renewing-tokens.md",
    "[`Sessions::renew`](crate::Sessions::renew) ·",
    "[`Renewal`](crate::Renewal) ·",
    "[`Lookup::Reused`](crate::Lookup::Reused) ·",
    "[`Tokens::revoke`](crate::Tokens::revoke)"
);
guide!(
    step_up,
    "../docs/step-up.md",
    "[`Session::authenticated_within`](crate::Session::authenticated_within) ·",
    "[`Sessions::complete`](crate::Sessions::complete) ·",
    "[`Tokens::revoke_others`](crate::Tokens::revoke_others)"
);
guide!(
    long_lived_connections,
    "../docs/long-lived-connections.md",
    "[`Sessions::inspect`](crate::Sessions::inspect) ·",
    "[`Sessions::load`](crate::Sessions::load) ·",
    "[`Lookup`](crate::Lookup) ·",
    "[`Session::overall_deadline`](crate::Session::overall_deadline)"
);
guide!(
    changing_user_ids,
    "../docs/changing-user-ids.md",
    "[`Subject`](crate::Subject) ·",
    "[`Sessions::complete`](crate::Sessions::complete) ·",
    "[`Tokens::revoke_all`](crate::Tokens::revoke_all)"
);
guide!(
    impersonation,
    "../docs/impersonation.md",
    "[`SignInAttempt::label`](crate::SignInAttempt::label) ·",
    "[`SignInAttempt::timeouts`](crate::SignInAttempt::timeouts) ·",
    "[`Tokens::list`](crate::Tokens::list)"
);
guide!(
    #[cfg(feature = "testing")]
    unit_tests,
    "../docs/unit-tests.md",
    "`MokaStore`, with the feature `moka` ·",
    "[`ManualClock`](crate::ManualClock) ·",
    "`fault`, with the feature `testing`: `fault::FaultStore`, `fault::Faults`"
);
guide!(
    operating,
    "../docs/operating.md",
    "[`SessionsBuilder`](crate::SessionsBuilder) ·",
    "[`Timeouts`](crate::Timeouts) ·",
    "[`OnCap`](crate::OnCap) ·",
    "[`ErrorKind`](crate::ErrorKind) ·",
    "[`Sweeper`](crate::Sweeper) ·",
    "[`Sessions::end_everyone`](crate::Sessions::end_everyone)"
);
