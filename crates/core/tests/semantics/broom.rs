//! Whether a broom has been does not show.

use cloakroom_core::Timestamp;
use cloakroom_core::semantics;
use proptest::prelude::*;

use crate::request::Attempts;
use crate::script::{Script, spoil, steps};
use crate::support::MapShelf;

fn sweep(shelf: &mut MapShelf, now: Timestamp) {
    let ids: Vec<_> = shelf.entries.keys().copied().collect();
    let subjects: Vec<_> = shelf.heads.keys().cloned().collect();
    for id in ids {
        assert!(semantics::purge_entry(shelf, id, now).is_ok());
    }
    for subject in subjects {
        assert!(semantics::purge_set(shelf, &subject, now).is_ok());
    }
}

proptest! {
    #[test]
    fn whether_a_broom_has_been_does_not_show(steps in steps()) {
        let mut script = Script::default();
        let (mut dusty, mut swept) = (MapShelf::default(), MapShelf::default());
        let (mut dusty_attempts, mut swept_attempts) = (Attempts::default(), Attempts::default());
        for step in &steps {
            let request = script.next(step).filter(|request| !request.is_purge());
            sweep(&mut swept, script.now);
            spoil(step, &mut dusty, script.now);
            spoil(step, &mut swept, script.now);
            let Some(request) = request else { continue };
            let in_dust = request.carry_out(&mut dusty, &mut dusty_attempts, script.now);
            let after_broom = request.carry_out(&mut swept, &mut swept_attempts, script.now);
            let kind = |error: cloakroom_core::Error| error.kind();
            prop_assert_eq!(in_dust.map_err(kind), after_broom.map_err(kind), "{:?}", request);
        }
    }

    #[test]
    fn a_broom_leaves_nothing_that_is_over(steps in steps()) {
        let mut script = Script::default();
        let mut shelf = MapShelf::default();
        let mut attempts = Attempts::default();
        for step in &steps {
            if let Some(request) = script.next(step) {
                let _ = request.carry_out(&mut shelf, &mut attempts, script.now);
            }
        }
        // Longer than anything lives or is remembered.
        let end = script.now.plus(std::time::Duration::from_secs(30 * 86_400));
        sweep(&mut shelf, end);
        prop_assert!(shelf.entries.is_empty(), "{:?}", shelf);
        prop_assert!(shelf.heads.is_empty(), "{:?}", shelf);
        prop_assert!(shelf.members.is_empty(), "{:?}", shelf);
    }
}
