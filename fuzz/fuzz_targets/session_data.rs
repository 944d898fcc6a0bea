//! Stored data that are anything at all, under any codec, are told to be undecodable, and nothing
//! else happens. Data that do decode can be stored again by every codec, and come back the same.
//!
//! Input: the number of the codec, then the data.
#![no_main]

use std::collections::BTreeMap;
use std::fmt::Debug;

use bytes::Bytes;
use cloakroom_conformance::reference::MemoryStore;
use cloakroom_core::store::{Update, UpdateOutcome};
use cloakroom_core::{
    Clock as _, Codec, ErrorKind, Lookup, ManualClock, Payload, SessionMap, SessionStore as _,
    Sessions, SignOut, Token, WriteId,
};
use cloakroom_fuzz::answer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(([codec], data)) = bytes.split_first_chunk() else {
        return;
    };
    let payload = Payload {
        codec: *codec,
        bytes: Bytes::copy_from_slice(data),
    };
    let place = Place::default();
    place.stored_as::<Account>(&payload);
    place.stored_as::<SessionMap>(&payload);
});

/// The shapes that a codec tells apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Account {
    name: String,
    visits: u64,
    balance: i32,
    verified: bool,
    initial: char,
    rating: f64,
    #[serde(default)]
    note: Option<String>,
    roles: Vec<Role>,
    cart: BTreeMap<String, u16>,
    pair: (u8, i64),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Role {
    Guest,
    Member(u32),
    Staff { desk: String },
    Both(i8, Box<Role>),
}

trait Data: Serialize + DeserializeOwned + Clone + Debug + PartialEq + Send + Sync + 'static {
    /// Whether a codec has a form for it.
    fn has_form_in(&self, codec: Codec) -> bool;
}

impl Data for Account {
    /// JSON has no numbers but finite ones, and what is not a number does not equal itself.
    fn has_form_in(&self, codec: Codec) -> bool {
        self.rating.is_finite() || (self.rating.is_infinite() && codec != Codec::Json)
    }
}

impl Data for SessionMap {
    fn has_form_in(&self, _: Codec) -> bool {
        true
    }
}

/// A store of its own for each input.
#[derive(Debug, Default)]
struct Place {
    store: MemoryStore,
    clock: ManualClock,
}

impl Place {
    fn stored_as<T: Data>(&self, payload: &Payload) {
        let sessions = self.sessions::<T>(Codec::default());
        let token = self.put(payload);
        match answer(sessions.load(&token)) {
            Ok(Lookup::Found(session)) => {
                for codec in [Codec::Json, Codec::MessagePack, Codec::Postcard] {
                    if session.data().has_form_in(codec) {
                        self.comes_back(codec, session.data());
                    }
                }
            }
            Ok(other) => panic!("{other:?} of a session that is there"),
            Err(error) => {
                let expected = match Codec::from_number(payload.codec) {
                    None => ErrorKind::UnknownCodec,
                    Some(_) => ErrorKind::Decode,
                };
                assert_eq!(error.kind(), expected, "{error:?}");
                // What does not decode the data works all the same.
                let touched = answer(sessions.touch(&token)).expect("a touch does not decode");
                assert!(touched.is_found());
            }
        }
        let signed_out = answer(sessions.sign_out(&token)).expect("nor does a sign-out");
        assert_ne!(signed_out, SignOut::Missing);
    }

    /// Stores the payload as it is, as another version of the application may have.
    fn put(&self, payload: &Payload) -> Token {
        let sessions = self.sessions::<()>(Codec::default());
        let issued = answer(sessions.create(())).expect("a store in memory takes a session");
        let change = Update {
            id: issued.session.id(),
            subject: None,
            expected: issued.session.revision(),
            payload: payload.clone(),
            label: None,
            touch: false,
            write_id: WriteId::random(),
        };
        let saved = answer(self.store.update(&change, self.clock.now())).expect("and its update");
        assert!(matches!(saved, UpdateOutcome::Saved { .. }));
        issued.token
    }

    /// Stored by a codec and read again.
    fn comes_back<T: Data>(&self, codec: Codec, data: &T) {
        let sessions = self.sessions::<T>(codec);
        let issued = answer(sessions.create(data.clone()))
            .unwrap_or_else(|error| panic!("{codec:?} does not hold {data:?}: {error:?}"));
        let again = answer(sessions.load(&issued.token))
            .unwrap_or_else(|error| panic!("{codec:?} does not give back {data:?}: {error:?}"))
            .found()
            .expect("the session is there");
        assert_eq!(again.data(), data, "{codec:?}");
        let _ = answer(sessions.sign_out(&issued.token)).expect("a sign-out works");
    }

    fn sessions<T>(&self, codec: Codec) -> Sessions<T> {
        Sessions::builder(self.store.clone())
            .clock(self.clock.clone())
            .codec(codec)
            .build()
            .expect("the settings make sense")
    }
}
