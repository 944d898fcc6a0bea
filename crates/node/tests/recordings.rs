//! Every recorded case: the same verdict on the cookie, the same session, the same key, the same lifetime; and what is
//! written here is what Node would have written.
//!
//! A recording that is put into `recordings/` is run with the others.

mod replay;
mod support;

use replay::Case;
use serde_json::Value;
use support::Place;

#[tokio::test]
async fn every_recorded_case() {
    let place = Place::new();
    let mut failures = Vec::new();
    let mut count = 0;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings");
    for entry in std::fs::read_dir(folder).expect("the recordings") {
        let path = entry.expect("a file").path();
        let file = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.extension().is_none_or(|extension| extension != "json") || file == "versions" {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a recording");
        let cases: Vec<Value> = serde_json::from_str(&text).expect("a list of cases");
        assert!(!cases.is_empty(), "{file} is empty");
        for case in cases {
            count += 1;
            let name = case["name"].as_str().expect("a case has a name");
            if let Err(why) = Case::new(&file, &case).run(&place).await {
                failures.push(format!("{file}, {name}: {why}"));
            }
        }
    }
    assert!(count >= 130, "only {count} cases");
    let shown = failures.join("\n");
    assert!(
        failures.is_empty(),
        "{} of {count} cases failed:\n{shown}",
        failures.len()
    );
}
