//! A step that hangs.

use super::*;

#[tokio::test]
async fn a_disk_that_hangs_is_an_error_to_those_who_wait() {
    for hanging in [Step::Apply, Step::Flush, Step::Sync, Step::Witness] {
        let pace = Pace {
            stalls_after: Duration::from_millis(500),
            ..PATIENT
        };
        let stage = stage(pace);
        let (reached, let_go) = hold(&stage, hanging);
        let first = stage
            .journal
            .submit(commit("a"), Until::OnDisk, None)
            .unwrap();
        reached.recv().unwrap();
        let second = stage.journal.submit(commit("b"), Until::OnDisk, None);
        assert_eq!(
            kind(first.done().await),
            ErrorKind::OutcomeUnknown,
            "{hanging:?}"
        );
        // It may have come after the watchdog, or before.
        let second = match second {
            Ok(second) => second.done().await,
            Err(refused) => Err(refused),
        };
        let second = kind(second);
        let is_applied_meanwhile = matches!(hanging, Step::Sync | Step::Witness);
        assert!(
            second == ErrorKind::Unavailable
                || is_applied_meanwhile && second == ErrorKind::OutcomeUnknown,
            "{hanging:?}: {second:?}"
        );
        let refused = stage
            .journal
            .submit(commit("c"), Until::Applied, None)
            .map(|_| ());
        assert_eq!(kind(refused), ErrorKind::Unavailable, "{hanging:?}");
        let_go.send(()).unwrap();
        drop(stage.journal);
    }
}
