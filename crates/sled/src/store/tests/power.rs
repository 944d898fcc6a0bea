//! What a power failure leaves: what was synced, and of the rest anything.
//!
//! At every step of the writer the files are copied twice: as they are, which is what a kill leaves,
//! and as they were when the log was last synced, which is the least that a power failure leaves.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::witness;

/// The files at one instant, and what had been acknowledged by then.
struct Image {
    log: PathBuf,
    witness: Vec<u8>,
    ended: Vec<SessionId>,
    created: Vec<SessionId>,
    what: String,
}

/// What has been acknowledged so far, and what the disk held at each step.
struct Camera {
    store: PathBuf,
    images: PathBuf,
    synced: PathBuf,
    before: Option<Step>,
    taken: Vec<Image>,
    ended: Vec<SessionId>,
    created: Vec<SessionId>,
}

impl Camera {
    fn take(&mut self, step: Step) {
        let number = self.taken.len();
        let now = self.images.join(format!("{number}"));
        copy(&self.store.join("engine"), &now);
        // One step after the other, since each operation here waits for the one before.
        if self.before == Some(Step::Sync) {
            self.synced.clone_from(&now);
        }
        self.before = Some(step);
        for (log, what) in [(&now, "killed"), (&self.synced, "power lost")] {
            self.taken.push(Image {
                log: log.clone(),
                witness: fs::read(self.store.join(witness::NAME)).unwrap(),
                ended: self.ended.clone(),
                created: self.created.clone(),
                what: format!("{what} before {step:?} number {number}"),
            });
        }
    }
}

#[tokio::test]
async fn a_power_failure_at_any_step_takes_back_nothing_that_was_told() {
    let dir = Scratch::new();
    let store = open(&dir);
    let images = dir.path().join("images");
    fs::create_dir(&images).unwrap();
    let synced = images.join("begin");
    copy(&dir.path().join("store").join("engine"), &synced);
    let camera = Arc::new(Mutex::new(Camera {
        store: dir.path().join("store"),
        images,
        synced,
        before: None,
        taken: Vec::new(),
        ended: Vec::new(),
        created: Vec::new(),
    }));
    let seen = Arc::clone(&camera);
    store.core.engine.hook.set(move |step| {
        seen.lock().unwrap().take(step);
        Ok(())
    });
    let told_created = |number| {
        let id = id(&store, number);
        camera.lock().unwrap().created.push(id);
    };
    let told_ended = |number| {
        let mut camera = camera.lock().unwrap();
        let id = id(&store, number);
        camera.ended.push(id);
        camera.created.retain(|created| *created != id);
    };
    for (number, len) in [(1, 10), (2, 20_000), (3, 300)] {
        let _ = store
            .create(&create(&store, number, len), now())
            .await
            .unwrap();
        told_created(number);
    }
    // A touch is lazy: it is in memory while the next is written.
    let later = later();
    let _ = store
        .touch(id(&store, 3), Some(&subject()), later)
        .await
        .unwrap();
    // From here on it is not certain any more.
    camera.lock().unwrap().created.clear();
    let _ = store.create(&create(&store, 4, 10), later).await.unwrap();
    told_ended(1);
    let _ = store
        .renew(&renew(&store, 3, 5, Duration::ZERO), later)
        .await
        .unwrap();
    told_ended(3);
    let _ = store.delete(&delete(&store, 2), later).await.unwrap();
    told_ended(2);
    let all = Revoke {
        subject: subject(),
        kind: RevokeKind::All,
        write_id: WriteId::random(),
    };
    let _ = store.revoke(&all, later).await.unwrap();
    told_ended(4);
    told_ended(5);
    camera.lock().unwrap().take(Step::Apply);
    store.close().unwrap();

    let taken = std::mem::take(&mut camera.lock().unwrap().taken);
    assert!(taken.len() > 50, "{} images", taken.len());
    for image in taken {
        look(&image).await;
    }
}

fn later() -> Timestamp {
    now().plus(Duration::from_secs(1))
}

/// It opens, since what was synced is enough.
async fn look(image: &Image) {
    let dir = Scratch::new();
    let path = dir.path().join("store");
    fs::create_dir(&path).unwrap();
    copy(&image.log, &path.join("engine"));
    fs::write(path.join(witness::NAME), &image.witness).unwrap();
    let store = SledStore::builder(&path).without_sweeper().open();
    let store = store.unwrap_or_else(|error| panic!("{}: {error:?}", image.what));
    for id in &image.ended {
        let load = store.load(*id, later()).await.unwrap();
        assert!(
            !matches!(load, LoadOutcome::Found(_)),
            "{}: {id} lives",
            image.what
        );
    }
    for id in &image.created {
        let load = store.load(*id, later()).await.unwrap();
        assert!(
            matches!(load, LoadOutcome::Found(_)),
            "{}: {id}: {load:?}",
            image.what
        );
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
