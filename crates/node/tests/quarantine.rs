//! Putting a session aside, and bringing it back, is one step each: held anywhere, nobody finds it in both places, and none
//! that has ended comes back.

mod support;

use std::time::Duration;

use cloakroom_node::{Destroyed, Layout, NodeStore, Quarantined, Released};
use support::Place;
use support::held::steps;
use support::sessions::{layouts, with};

const HOUR: Duration = Duration::from_hours(1);

/// It is signed out while it is put aside: one of the two has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_signed_out_meanwhile_is_not_kept_for_a_release() {
    for layout in layouts() {
        let store = Place::new().store(layout).await;
        for round in 0..24 {
            let session = with(&store, "a", round).await;
            let sid = session.sid();
            let mut putting = Box::pin(store.quarantine(sid, HOUR));
            let early = steps(&mut putting, 1 + round as u32 % 6).await;
            let destroyed = store.destroy(sid).await.expect("it answers");
            let put = match early {
                Some(put) => put,
                None => putting.await,
            };
            match (put.expect("it answers"), destroyed) {
                (Quarantined::Quarantined, Destroyed::Missing)
                | (Quarantined::Missing, Destroyed::Destroyed) => {}
                both => panic!("{both:?} of one session"),
            }
            let back = store.release(sid, HOUR).await.expect("it answers");
            let is_kept = destroyed == Destroyed::Missing;
            assert_eq!(back == Released::Released, is_kept, "after {destroyed:?}");
        }
    }
}

/// It is brought back while it is looked for: it is in one of the two places, whenever that is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_brought_back_is_never_in_both_places() {
    let store = Place::new().store(Layout::express()).await;
    for round in 0..24 {
        let session = with(&store, "a", round).await;
        let sid = session.sid();
        let put = store.quarantine(sid, HOUR).await.expect("it answers");
        assert_eq!(put, Quarantined::Quarantined);
        let mut bringing = Box::pin(store.release(sid, HOUR));
        let early = steps(&mut bringing, 1 + round as u32 % 6).await;
        let (destroyed, again) = sign_out_and_bring_back(&store, sid).await;
        let back = match early {
            Some(back) => back,
            None => bringing.await,
        };
        let back = back.expect("it answers") == Released::Released;
        assert!(back != again, "one of two releases brings it back");
        let lives = store.load(sid).await.expect("it answers").found().is_some();
        assert_eq!(lives, destroyed == Destroyed::Missing, "signed out is out");
    }
}

async fn sign_out_and_bring_back(
    store: &NodeStore,
    sid: &cloakroom_node::Sid,
) -> (Destroyed, bool) {
    let destroyed = store.destroy(sid).await.expect("it answers");
    let again = store.release(sid, HOUR).await.expect("it answers");
    (destroyed, again == Released::Released)
}
