//! Which versions of packages a program was built with.

/// Those of packages, as a report tells them.
pub(crate) fn told(packages: &[&str]) -> String {
    let told = packages.iter().map(|package| {
        let name = package.split('@').next().unwrap_or_default();
        format!("{name} {}", version(package))
    });
    told.collect::<Vec<_>>().join(", ")
}

/// That of a package, such as `redis`, or of the release that is meant where peers need another, such as
/// `redis@1`.
pub(crate) fn version(package: &str) -> &'static str {
    let lock = include_str!("../../Cargo.lock");
    let (name, release) = package.split_once('@').unwrap_or((package, ""));
    let name = format!("name = \"{name}\"\n");
    lock.split("[[package]]")
        .filter(|entry| entry.contains(&name))
        .filter_map(|entry| entry.split("version = \"").nth(1)?.split('"').next())
        .find(|version| version.starts_with(release))
        .unwrap_or("of an unknown version")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_beside_the_names() {
        let moka = version("moka");
        assert_eq!(
            told(&["moka", "moka@0"]),
            format!("moka {moka}, moka {moka}")
        );
    }

    #[test]
    fn the_release_that_is_meant_is_told() {
        assert!(version("redis@1").starts_with("1."));
        assert!(version("redis@0").starts_with("0."));
        assert_eq!(version("redis@2"), version("rediss"));
        assert_eq!(version("moka"), version("moka@0"));
    }
}
