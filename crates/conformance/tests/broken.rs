//! The suite, tested: every broken store fails the cases that are named for its fault.

use std::collections::BTreeSet;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once};
use std::thread;

use cloakroom_conformance::broken::{Fault, races};
use cloakroom_conformance::cases;

type Names = BTreeSet<&'static str>;

#[test]
fn each_fault_is_caught_by_the_cases_named_for_it() {
    for (fault, failed) in failures(|fault, case| named(fault).contains(case)) {
        assert!(!named(fault).is_empty(), "no case is named for {fault:?}");
        assert_eq!(
            failed,
            named(fault),
            "{fault:?} is not caught by the cases named for it"
        );
    }
}

#[test]
fn a_fault_is_caught_by_what_the_record_says_and_by_nothing_else() {
    let races: Names = races().into_iter().collect();
    let failures = failures(|_, case| !races.contains(case));
    if std::env::var_os("CLOAKROOM_WRITE_CAUGHT").is_some() {
        write_anew(&failures);
        return;
    }
    for (fault, failed) in failures {
        let recorded = fault.caught_by().into_iter().map(|by| by.case);
        let recorded: Names = recorded.filter(|case| !races.contains(case)).collect();
        assert_eq!(
            failed, recorded,
            "the record of what catches {fault:?} is out of date"
        );
    }
}

#[test]
fn every_rule_has_a_fault() {
    for rule in 1..=13 {
        let has_one = Fault::ALL.iter().any(|fault| fault.rule() == Some(rule));
        assert!(has_one, "no broken store breaks rule {rule}");
    }
}

#[test]
fn every_case_is_named_for_a_fault() {
    let all: Names = Fault::ALL.iter().flat_map(|fault| named(*fault)).collect();
    let known: Names = cases().iter().map(|case| case.name).collect();
    assert_eq!(
        all, known,
        "a case that no broken store fails may prove nothing"
    );
}

#[test]
fn every_rule_has_a_case() {
    for rule in 1..=13 {
        let has_one = cases().iter().any(|case| case.rule == Some(rule));
        assert!(has_one, "no case proves rule {rule}");
    }
    for case in cases() {
        let prefix = case
            .rule
            .map_or(String::new(), |rule| format!("rule_{rule:02}_"));
        assert!(
            case.name.starts_with(&prefix),
            "{} is in the wrong module",
            case.name
        );
    }
}

fn named(fault: Fault) -> Names {
    let named = fault.caught_by().into_iter().filter(|by| by.named);
    named.map(|by| by.case).collect()
}

/// Which of the chosen cases each fault fails, in the order of the faults.
fn failures(chosen: impl Fn(Fault, &str) -> bool + Sync) -> Vec<(Fault, Names)> {
    be_quiet();
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let work = || {
        while let Some(fault) = Fault::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            let verdicts = fault.verdicts(|case| chosen(*fault, case));
            let failed = verdicts.into_iter().filter(|verdict| verdict.failed);
            let failed = failed.map(|verdict| verdict.case.name).collect();
            failures.lock().expect(QUIETLY).push((*fault, failed));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            let worker = thread::Builder::new().name(QUIET.to_owned());
            worker
                .spawn_scoped(scope, work)
                .expect("a thread for the cases");
        }
    });
    let mut failures = failures.into_inner().expect(QUIETLY);
    failures.sort_by_key(|(fault, _)| Fault::ALL.iter().position(|other| other == fault));
    failures
}

/// The name of the threads on which cases panic.
const QUIET: &str = "breaks a store";
const QUIETLY: &str = "cases panic only where that is caught";

/// Lets threads panic without a word that are there to panic.
fn be_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let aloud = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if thread::current().name() != Some(QUIET) {
                aloud(panic);
            }
        }));
    });
}

/// Writes the record, with the stars that it has.
fn write_anew(failures: &[(Fault, Names)]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/broken/caught.txt");
    let before = std::fs::read_to_string(path).expect("the record is there");
    let (head, _) = before.split_once("\nChecksThenInserts\n").expect("a head");
    let mut record = head.to_owned();
    for (fault, failed) in failures {
        let named = named(*fault);
        record += &format!("\n{fault:?}\n");
        for case in cases().iter().map(|case| case.name) {
            match (named.contains(case), failed.contains(case)) {
                (true, _) => record += &format!("* {case}\n"),
                (false, true) => record += &format!("- {case}\n"),
                (false, false) => {}
            }
        }
    }
    std::fs::write(path, record).expect("the record can be written");
}
