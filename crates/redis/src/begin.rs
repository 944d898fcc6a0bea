//! Beginning a sign-in.

use cloakroom_core::semantics::SetHead;
use cloakroom_core::{Error, ErrorKind, Generation, Operation, Result, Subject, Timestamp};
use redis::Value;

use crate::fault::Fault;
use crate::head;
use crate::keys::from_member;
use crate::link::{Call, Effect};
use crate::read::strings;
use crate::script::BEGIN;
use crate::store::Inner;
use crate::turns::Lately;

/// The generation of the subject's token set, kept at least until then.
pub(crate) async fn begin(
    store: &Inner,
    call: &Call,
    subject: &Subject,
    until: Timestamp,
    now: Timestamp,
) -> Result<Generation> {
    let placement = store.place(subject);
    let new = SetHead {
        generation: Generation::random(Operation::Begin)?,
        kept_until: until,
        revoked_by: None,
    };
    let millis = [now.as_millis(), until.as_millis(), store.margin_millis()];
    let mut args: Vec<_> = millis.iter().map(|n| n.to_string().into_bytes()).collect();
    args.push(head::encode(&new).0);
    args.push(Lately::LARGEST.to_string().into_bytes());
    let keys = [store.link.keys.set(placement, subject)];
    let told = |fault: Fault| fault.of(Operation::Begin);
    for _ in 0..2 {
        let script = &BEGIN;
        let begun = store
            .link
            .script(call, placement, script, &keys, &args, Effect::Writes);
        match begun.await.map_err(told)?.value {
            Value::Nil => {}
            Value::Array(told_of) => {
                let mut texts = strings(Some(Value::Array(told_of)))
                    .map_err(told)?
                    .into_iter();
                let head = texts.next().and_then(|head| head::decode(&head, 0.0));
                let members: Vec<_> = texts
                    .filter_map(|text| from_member(placement, &text))
                    .collect();
                store.lately.change(subject, Some(&members), []);
                let generation = head.map(|head| head.generation);
                return generation.ok_or_else(|| told(Fault::unexpected()));
            }
            _ => return Err(told(Fault::unexpected())),
        }
    }
    Err(Error::new(ErrorKind::Contended, Operation::Begin))
}
