//! The list of the cases of the handle is complete: a case that is not on it would never be run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cloakroom_conformance::handle_cases;

#[test]
fn every_case_of_the_handle_is_on_the_list() {
    let listed = handle_cases();
    let names: BTreeSet<_> = listed.iter().map(|case| case.name.to_owned()).collect();
    assert_eq!(names.len(), listed.len(), "each is listed once");

    let mut written = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/handle");
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let group = path.file_stem().unwrap().to_str().unwrap();
        for line in fs::read_to_string(&path).unwrap().lines() {
            let case = line.strip_prefix("pub async fn ");
            written.extend(
                case.and_then(|rest| rest.split_once("<H: Harness>"))
                    .map(|(name, _)| format!("handle::{group}::{name}")),
            );
        }
    }
    assert_eq!(names, written);
}
