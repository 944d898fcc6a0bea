//! The shapes that the data of a session have: one value of one type, or named values.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::contestants::Failure;
use crate::workload::Account;

/// A session as a library hands it to its users: named values.
pub(crate) trait Values: Sync {
    fn value<V: DeserializeOwned + Send>(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<V>, Failure>> + Send;

    fn set<V: Serialize + Send + Sync>(
        &mut self,
        name: &str,
        value: &V,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// How an [`Account`] stands in a session.
pub(crate) trait Shape: Send + Sync + 'static {
    /// Puts the data of a user into a new session.
    fn enter<S: Values + Send>(
        session: &mut S,
        account: &Account,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Reads what a request needs. Tells whether it was there.
    fn read<S: Values>(session: &S) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Counts one more visit. Tells whether there was a count.
    fn visit<S: Values + Send>(
        session: &mut S,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;
}

/// One value that has it all.
pub(crate) struct Typed;

/// What it is called.
pub(crate) const ACCOUNT: &str = "account";

impl Typed {
    pub(crate) async fn account<S: Values>(session: &S) -> Result<Option<Account>, Failure> {
        session.value(ACCOUNT).await
    }
}

impl Shape for Typed {
    async fn enter<S: Values + Send>(session: &mut S, account: &Account) -> Result<(), Failure> {
        session.set(ACCOUNT, account).await
    }

    async fn read<S: Values>(session: &S) -> Result<bool, Failure> {
        Ok(std::hint::black_box(Self::account(session).await?).is_some())
    }

    async fn visit<S: Values + Send>(session: &mut S) -> Result<bool, Failure> {
        let Some(mut account) = Self::account(session).await? else {
            return Ok(false);
        };
        account.visits += 1;
        session.set(ACCOUNT, &account).await?;
        Ok(true)
    }
}

/// Each field by its name. A request reads three of the twelve.
pub(crate) struct Mapped;

impl Shape for Mapped {
    async fn enter<S: Values + Send>(session: &mut S, account: &Account) -> Result<(), Failure> {
        let Value::Object(fields) = serde_json::to_value(account)? else {
            return Err("an account is not an object".into());
        };
        for (name, value) in &fields {
            session.set(name, value).await?;
        }
        Ok(())
    }

    async fn read<S: Values>(session: &S) -> Result<bool, Failure> {
        let user: Option<u64> = session.value("user").await?;
        let csrf: Option<String> = session.value("csrf").await?;
        let roles: Option<Vec<String>> = session.value("roles").await?;
        let read = std::hint::black_box((user, csrf, roles));
        Ok(matches!(read, (Some(_), Some(_), Some(_))))
    }

    async fn visit<S: Values + Send>(session: &mut S) -> Result<bool, Failure> {
        let Some(visits) = session.value::<u32>("visits").await? else {
            return Ok(false);
        };
        session.set("visits", &(visits + 1)).await?;
        Ok(true)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use std::collections::HashMap;

    use futures_util::FutureExt as _;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    fn at_once<T>(future: impl Future<Output = T>) -> T {
        future.now_or_never().unwrap()
    }

    fn a_visit_is_counted<S: Shape>() -> HashMap<String, Value> {
        let account = Account::example(&mut StdRng::seed_from_u64(1));
        let mut session = HashMap::new();
        assert!(!at_once(S::read(&session)).unwrap());
        assert!(!at_once(S::visit(&mut session)).unwrap());
        at_once(S::enter(&mut session, &account)).unwrap();
        assert!(at_once(S::read(&session)).unwrap());
        assert!(at_once(S::visit(&mut session)).unwrap());
        session
    }

    #[test]
    fn both_shapes_hold_the_same_data() {
        let typed = a_visit_is_counted::<Typed>();
        let mapped = a_visit_is_counted::<Mapped>();
        let account = at_once(Typed::account(&typed)).unwrap().unwrap();
        assert_eq!(account.visits, 1);
        assert_eq!(mapped.len(), 12);
        let as_map: HashMap<String, Value> =
            serde_json::from_value(serde_json::to_value(account).unwrap()).unwrap();
        assert_eq!(mapped, as_map);
    }
}
