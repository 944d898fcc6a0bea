//! Pointers to stores are stores.
//!
//! Written out rather than through `#[async_trait]`, which would put the inner future, boxed
//! already, into a box of its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::error::Result;
use crate::numbers::Generation;
use crate::placement::PlacementKey;
use crate::session_id::SessionId;
use crate::store::{
    Create, CreateOutcome, Delete, DeleteOutcome, LoadOutcome, Page, Renew, RenewOutcome, Revoke,
    Revoked, ScanPage, SessionStore, TokenSetPage, TouchOutcome, Update, UpdateOutcome,
};
use crate::subject::Subject;
use crate::time::Timestamp;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        impl<S: SessionStore + ?Sized> SessionStore for $pointer<S> {
            fn placement_key(&self) -> &PlacementKey {
                (**self).placement_key()
            }

            fn begin<'a, 'b, 'f>(
                &'a self, subject: &'b Subject, until: Timestamp, now: Timestamp,
            ) -> BoxFuture<'f, Generation> where 'a: 'f, 'b: 'f, Self: 'f {
                (**self).begin(subject, until, now)
            }

            fn load<'a, 'f>(&'a self, id: SessionId, now: Timestamp) -> BoxFuture<'f, LoadOutcome>
            where 'a: 'f, Self: 'f {
                (**self).load(id, now)
            }

            fn touch<'a, 'b, 'f>(
                &'a self, id: SessionId, subject: Option<&'b Subject>, now: Timestamp,
            ) -> BoxFuture<'f, TouchOutcome> where 'a: 'f, 'b: 'f, Self: 'f {
                (**self).touch(id, subject, now)
            }

            fn token_set<'a, 'b, 'c, 'f>(
                &'a self, subject: &'b Subject, page: &'c Page, now: Timestamp,
            ) -> BoxFuture<'f, TokenSetPage> where 'a: 'f, 'b: 'f, 'c: 'f, Self: 'f {
                (**self).token_set(subject, page, now)
            }

            fn purge_expired<'a, 'f>(&'a self, limit: usize, now: Timestamp) -> BoxFuture<'f, usize>
            where 'a: 'f, Self: 'f {
                (**self).purge_expired(limit, now)
            }

            fn count<'a, 'f>(&'a self, now: Timestamp) -> BoxFuture<'f, u64>
            where 'a: 'f, Self: 'f {
                (**self).count(now)
            }

            forward! { @request
                create(Create) -> CreateOutcome,
                update(Update) -> UpdateOutcome,
                renew(Renew) -> RenewOutcome,
                delete(Delete) -> DeleteOutcome,
                revoke(Revoke) -> Revoked,
                scan(Page) -> ScanPage,
            }
        }
    )+};

    (@request $($operation:ident($request:ty) -> $outcome:ty,)+) => {$(
        fn $operation<'a, 'b, 'f>(
            &'a self, request: &'b $request, now: Timestamp,
        ) -> BoxFuture<'f, $outcome> where 'a: 'f, 'b: 'f, Self: 'f {
            (**self).$operation(request, now)
        }
    )+};
}

forward!(Arc, Box);
