//! Tests of the users and their file.

use std::fs;

use futures_util::future::join_all;

use super::*;
use crate::passwords::{Password, Passwords};
use crate::tests::Scratch;

fn name(text: &str) -> UserName {
    UserName::new(text).unwrap()
}

async fn hashed(text: &str) -> Hashed {
    let password: Password = serde_json::from_value(text.into()).unwrap();
    Passwords::new().unwrap().hash(password).await.unwrap()
}

#[tokio::test]
async fn users_are_there_again_after_a_restart() {
    let scratch = Scratch::new();
    let users = Users::open(scratch.path()).unwrap();
    let ada = users
        .add(name("Ada"), hashed("one").await)
        .await
        .unwrap()
        .unwrap();
    let grace = users
        .add(name("grace"), hashed("two").await)
        .await
        .unwrap()
        .unwrap();
    users.remove(&grace.id).await.unwrap();
    drop(users);

    let users = Users::open(scratch.path()).unwrap();
    assert_eq!(users.by_name(&name("ada")), Some(ada.clone()));
    assert_eq!(users.by_id(&ada.id), Some(ada));
    assert_eq!(users.by_name(&name("grace")), None);
    assert_eq!(users.by_id(&grace.id), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_ask_for_one_name_at_once_one_gets_it() {
    let scratch = Scratch::new();
    let users = Users::open(scratch.path()).unwrap();
    let password = hashed("one").await;
    let asked = (0..32).map(|at| {
        let (users, password) = (users.clone(), password.clone());
        let wanted = if at % 2 == 0 { "ada" } else { "ADA" };
        tokio::spawn(async move { users.add(name(wanted), password).await.unwrap() })
    });
    let given: Vec<_> = join_all(asked)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(given.iter().flatten().count(), 1);
    drop(users);
    assert_eq!(
        Users::open(scratch.path())
            .unwrap()
            .shared
            .present
            .read()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_name_that_was_given_up_belongs_to_somebody_else() {
    let scratch = Scratch::new();
    let users = Users::open(scratch.path()).unwrap();
    let first = users
        .add(name("ada"), hashed("one").await)
        .await
        .unwrap()
        .unwrap();
    users.remove(&first.id).await.unwrap();
    let second = users
        .add(name("ada"), hashed("two").await)
        .await
        .unwrap()
        .unwrap();
    assert_ne!(first.id, second.id);
}

#[tokio::test]
async fn of_two_password_changes_at_once_one_comes_too_late() {
    let scratch = Scratch::new();
    let users = Users::open(scratch.path()).unwrap();
    let ada = users
        .add(name("ada"), hashed("one").await)
        .await
        .unwrap()
        .unwrap();
    let (two, three) = (hashed("two").await, hashed("three").await);
    assert!(users.change_password(&ada, two.clone()).await.unwrap());
    assert!(!users.change_password(&ada, three).await.unwrap());
    assert!(users.by_id(&ada.id).unwrap().password == two);
}

#[tokio::test]
async fn a_change_that_cannot_be_written_is_not_shown_either() {
    let scratch = Scratch::new();
    let users = Users::open(scratch.path()).unwrap();
    // In the way of the file that is written beside.
    fs::create_dir(scratch.path().join("users.json.new")).unwrap();
    let added = users.add(name("ada"), hashed("one").await).await;
    assert!(matches!(added, Err(UsersFailure::File(_))), "{added:?}");
    assert_eq!(users.by_name(&name("ada")), None);

    fs::remove_dir(scratch.path().join("users.json.new")).unwrap();
    let added = users.add(name("ada"), hashed("one").await).await;
    assert!(added.unwrap().is_some());
}

#[test]
fn two_processes_do_not_write_one_file() {
    let scratch = Scratch::new();
    let users = Users::open(scratch.path()).unwrap();
    let refused = Users::open(scratch.path()).unwrap_err();
    assert!(refused.to_string().contains("--data"), "{refused}");
    drop(users);
    Users::open(scratch.path()).unwrap();
}

#[test]
fn a_file_that_is_damaged_is_an_error_and_is_left_as_it_is() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path()).unwrap();
    fs::write(scratch.path().join("users.json"), "[{").unwrap();
    assert!(Users::open(scratch.path()).is_err());
    assert_eq!(fs::read(scratch.path().join("users.json")).unwrap(), b"[{");
}

#[cfg(unix)]
#[test]
fn the_directory_is_for_this_user_of_the_machine_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let scratch = Scratch::new();
    Users::open(scratch.path()).unwrap();
    let mode = fs::metadata(scratch.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
