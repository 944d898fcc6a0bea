//! A step that fails, or panics.

use super::*;

#[tokio::test]
async fn a_failed_step_is_told_and_nothing_is_written_after_it() {
    for failing in [Step::Apply, Step::Flush, Step::Sync, Step::Witness] {
        let stage = stage(PATIENT);
        stage.engine.hook.set(move |step| {
            if step == failing {
                Err(Fault::Full)
            } else {
                Ok(())
            }
        });
        let told = stage
            .journal
            .submit(commit("a"), Until::OnDisk, None)
            .unwrap();
        assert_eq!(
            kind(told.done().await),
            ErrorKind::OutcomeUnknown,
            "{failing:?}"
        );
        // The disk has room again, and still nobody is told a success that could be a lie.
        stage.engine.hook.set(|_| Ok(()));
        let refused = stage
            .journal
            .submit(commit("b"), Until::OnDisk, None)
            .map(|_| ());
        assert_eq!(kind(refused), ErrorKind::Full, "{failing:?}");
        assert!(!stage.engine.contains(b"b").unwrap());
        let reads = stage.engine.health().check_reads();
        assert_eq!(reads.is_ok(), failing != Step::Apply, "{failing:?}");
    }
}

/// Fails at a step, once let go.
fn fail_at(stage: &Stage, at: Step) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
    hold_and_end(stage, at, Err(Fault::Io("gone".to_owned())))
}

#[tokio::test]
async fn what_waits_behind_a_failure_was_not_written() {
    for failing in [Step::Apply, Step::Flush] {
        let stage = stage(PATIENT);
        let (reached, let_go) = fail_at(&stage, failing);
        let first = stage
            .journal
            .submit(commit("a"), Until::OnDisk, None)
            .unwrap();
        reached.recv().unwrap();
        let second = stage
            .journal
            .submit(commit("b"), Until::OnDisk, None)
            .unwrap();
        drop(let_go);
        assert_eq!(kind(first.done().await), ErrorKind::OutcomeUnknown);
        assert_eq!(kind(second.done().await), ErrorKind::Unavailable);
        assert!(!stage.engine.contains(b"b").unwrap());
    }
}

/// The next batch is applied while the disk is waited for. If the disk then fails, nobody can tell
/// what became of it.
#[tokio::test]
async fn what_was_applied_before_a_sync_failed_is_unknown() {
    for failing in [Step::Sync, Step::Witness] {
        let stage = stage(PATIENT);
        let (reached, let_go) = fail_at(&stage, failing);
        let first = stage
            .journal
            .submit(commit("a"), Until::OnDisk, None)
            .unwrap();
        reached.recv().unwrap();
        let second = stage
            .journal
            .submit(commit("b"), Until::OnDisk, None)
            .unwrap();
        let seen = stage
            .journal
            .submit(commit("c"), Until::Applied, None)
            .unwrap();
        seen.done().await.unwrap();
        assert!(stage.engine.contains(b"b").unwrap());
        assert!(!stage.journal.is_on_disk());
        drop(let_go);
        assert_eq!(kind(first.done().await), ErrorKind::OutcomeUnknown);
        assert_eq!(kind(second.done().await), ErrorKind::OutcomeUnknown);
        assert!(!stage.journal.is_on_disk());
    }
}

#[tokio::test]
async fn a_panic_is_contained_and_the_last_of_the_engine() {
    let stage = stage(PATIENT);
    stage.engine.hook.set(|step| {
        assert!(step != Step::Flush, "as sled might");
        Ok(())
    });
    let told = stage
        .journal
        .submit(commit("a"), Until::OnDisk, None)
        .unwrap();
    assert_eq!(kind(told.done().await), ErrorKind::OutcomeUnknown);
    assert!(stage.engine.health().check_reads().is_err());
}
