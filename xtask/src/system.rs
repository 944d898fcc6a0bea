//! The programs that tests need and cargo cannot bring: found, installed, or asked for.

use std::collections::BTreeSet;
use std::env;

use crate::command::CommandLine;
use crate::failure::{Failure, Result};

/// A program that tests start, and where Debian has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    /// Looked for on the `PATH`.
    pub(crate) name: &'static str,
    /// Debian's package.
    pub(crate) package: &'static str,
    /// Which tests cannot run without it.
    pub(crate) needed_by: &'static str,
}

/// Sees to it that every program is there, or fails with what to install.
pub(crate) fn provide(wanted: &[Program]) -> Result {
    match plan(wanted, &Machine::look(wanted)) {
        Plan::Ready => Ok(()),
        Plan::Ask(instruction) => Err(Failure::Failed(instruction)),
        Plan::Install(commands) => {
            for command in &commands {
                println!("{command}");
                command.run()?;
            }
            let still_missing = missing(wanted, &Machine::look(wanted));
            if still_missing.is_empty() {
                return Ok(());
            }
            Err(Failure::failed(format!(
                "installed, but still not on the PATH: {}",
                names(&still_missing)
            )))
        }
    }
}

/// What decides how a missing program can be had.
#[derive(Debug, Default)]
struct Machine {
    programs: BTreeSet<&'static str>,
    has_apt: bool,
    is_root: bool,
    /// `sudo` works without asking for a password.
    has_sudo: bool,
}

impl Machine {
    /// Nothing is run here unless a program is missing.
    fn look(wanted: &[Program]) -> Self {
        let programs: BTreeSet<_> = wanted
            .iter()
            .map(|program| program.name)
            .filter(|name| is_on_path(name))
            .collect();
        if wanted.iter().all(|program| programs.contains(program.name)) {
            return Self {
                programs,
                ..Self::default()
            };
        }
        Self {
            programs,
            has_apt: is_on_path("apt-get"),
            is_root: CommandLine::new("id")
                .args(["-u"])
                .capture()
                .is_ok_and(|output| output.stdout.trim_ascii() == b"0"),
            has_sudo: CommandLine::new("sudo").args(["-n", "true"]).succeeds(),
        }
    }

    fn installer(&self) -> Option<Installer> {
        match self {
            Self { has_apt: false, .. } => None,
            Self { is_root: true, .. } => Some(Installer::Root),
            Self { has_sudo: true, .. } => Some(Installer::Sudo),
            _ => None,
        }
    }
}

fn is_on_path(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

#[derive(Debug, PartialEq, Eq)]
enum Plan {
    /// Everything is there.
    Ready,
    /// These commands bring what is missing.
    Install(Vec<CommandLine>),
    /// A person has to do it; this tells how.
    Ask(String),
}

fn plan(wanted: &[Program], machine: &Machine) -> Plan {
    let missing = missing(wanted, machine);
    if missing.is_empty() {
        return Plan::Ready;
    }
    let packages: BTreeSet<_> = missing.iter().map(|program| program.package).collect();
    match machine.installer() {
        Some(installer) => Plan::Install(apt_commands(installer, &packages)),
        None => Plan::Ask(instruction(&missing, &packages)),
    }
}

fn missing<'a>(wanted: &'a [Program], machine: &Machine) -> Vec<&'a Program> {
    wanted
        .iter()
        .filter(|program| !machine.programs.contains(program.name))
        .collect()
}

#[derive(Debug, Clone, Copy)]
enum Installer {
    Root,
    Sudo,
}

fn apt_commands(installer: Installer, packages: &BTreeSet<&str>) -> Vec<CommandLine> {
    let apt = || match installer {
        Installer::Root => CommandLine::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive"),
        // sudo drops the caller's variables, hence env.
        Installer::Sudo => CommandLine::new("sudo").args([
            "-n",
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
        ]),
    };
    vec![
        apt().args(["update"]),
        apt()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages.iter().copied()),
    ]
}

fn instruction(missing: &[&Program], packages: &BTreeSet<&str>) -> String {
    let mut text = String::from("the tests need programs that are missing:\n");
    for program in missing {
        text += &format!("    {}, for {}\n", program.name, program.needed_by);
    }
    let packages: Vec<_> = packages.iter().copied().collect();
    text += "Put them on the PATH. On Debian and its relatives:\n";
    text += &format!(
        "    sudo apt-get update && sudo apt-get install --yes --no-install-recommends {}",
        packages.join(" ")
    );
    text
}

fn names(programs: &[&Program]) -> String {
    let names: Vec<_> = programs.iter().map(|program| program.name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: Program = Program {
        name: "coat-server",
        package: "coats",
        needed_by: "the coat backend's tests",
    };
    const CHECKER: Program = Program {
        name: "coat-check",
        package: "coats",
        needed_by: "the tests of damaged coats",
    };
    const BROWSER: Program = Program {
        name: "browser",
        package: "web-browser",
        needed_by: "the page's tests",
    };
    const WANTED: &[Program] = &[SERVER, CHECKER, BROWSER];

    fn machine(programs: &[&'static str]) -> Machine {
        Machine {
            programs: programs.iter().copied().collect(),
            ..Machine::default()
        }
    }

    fn shown(plan: Plan) -> Vec<String> {
        match plan {
            Plan::Install(commands) => commands.iter().map(ToString::to_string).collect(),
            other => panic!("not a plan to install: {other:?}"),
        }
    }

    #[test]
    fn nothing_wanted_or_nothing_missing_is_ready() {
        assert_eq!(plan(&[], &machine(&[])), Plan::Ready);
        let complete = machine(&["coat-server", "coat-check", "browser"]);
        assert_eq!(plan(WANTED, &complete), Plan::Ready);
    }

    #[test]
    fn root_installs_what_is_missing_each_package_once() {
        let machine = Machine {
            has_apt: true,
            is_root: true,
            has_sudo: true,
            ..machine(&[])
        };
        assert_eq!(
            shown(plan(WANTED, &machine)),
            [
                "DEBIAN_FRONTEND=noninteractive apt-get update",
                "DEBIAN_FRONTEND=noninteractive apt-get install --yes \
                 --no-install-recommends coats web-browser",
            ]
        );
    }

    #[test]
    fn others_install_through_sudo_and_only_what_is_missing() {
        let machine = Machine {
            has_apt: true,
            has_sudo: true,
            ..machine(&["coat-server", "coat-check"])
        };
        assert_eq!(
            shown(plan(WANTED, &machine)),
            [
                "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get update",
                "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install --yes \
                 --no-install-recommends web-browser",
            ]
        );
    }

    #[test]
    fn without_apt_or_the_right_to_use_it_a_person_is_told() {
        let expected = Plan::Ask(
            "the tests need programs that are missing:\n    \
             coat-server, for the coat backend's tests\n    \
             browser, for the page's tests\n\
             Put them on the PATH. On Debian and its relatives:\n    \
             sudo apt-get update && sudo apt-get install --yes \
             --no-install-recommends coats web-browser"
                .to_owned(),
        );
        let without_rights = Machine {
            has_apt: true,
            ..machine(&["coat-check"])
        };
        let without_apt = Machine {
            is_root: true,
            has_sudo: true,
            ..machine(&["coat-check"])
        };
        assert_eq!(plan(WANTED, &without_rights), expected);
        assert_eq!(plan(WANTED, &without_apt), expected);
    }

    #[test]
    fn programs_are_found_on_the_path() {
        assert!(is_on_path("cargo"));
        assert!(!is_on_path("cloakroom-has-no-such-program"));
    }
}
