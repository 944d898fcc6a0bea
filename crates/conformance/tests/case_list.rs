//! The list of the cases is complete: a case that is not on it would never be run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cloakroom_conformance::cases;

#[test]
fn every_case_is_on_the_list() {
    let names: BTreeSet<_> = cases().iter().map(|case| case.name.to_owned()).collect();
    assert_eq!(names.len(), cases().len(), "each is listed once");

    let mut written = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cases");
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let group = path.file_stem().unwrap().to_str().unwrap();
        for line in fs::read_to_string(&path).unwrap().lines() {
            let case = line.strip_prefix("pub async fn ");
            let name = case.and_then(|rest| rest.split_once("<H: Harness>"));
            written.extend(name.map(|(name, _)| format!("{group}::{name}")));
        }
    }
    assert_eq!(names, written);
}
