use std::error::Error as _;

use super::*;

fn every_codec() -> Vec<Codec> {
    (0..=u8::MAX).filter_map(Codec::from_number).collect()
}

/// The numbers are part of the format of records, and so never change.
#[test]
fn numbers_name_one_codec_each() {
    let built_in = [
        (1, Codec::Json),
        #[cfg(feature = "msgpack")]
        (2, Codec::MessagePack),
        #[cfg(feature = "postcard")]
        (3, Codec::Postcard),
    ];
    for (number, codec) in built_in {
        assert_eq!(codec.number(), number);
        assert_eq!(Codec::from_number(number), Some(codec));
    }
    assert_eq!(every_codec().len(), built_in.len());
}

#[test]
fn every_codec_brings_back_what_it_was_given() {
    let data = ("text".to_owned(), vec![1_u64, u64::MAX], Some(-1_i32));
    for codec in every_codec() {
        let payload = codec.encode(&data, Operation::Create).unwrap();
        assert_eq!(payload.codec, codec.number());
        assert_eq!(
            decode::<(String, Vec<u64>, Option<i32>)>(&payload, Operation::Load).unwrap(),
            data
        );
    }
}

#[test]
fn a_codec_that_is_not_built_in_is_named() {
    for (number, word) in [
        (2, "msgpack"),
        (3, "postcard"),
        (0, "codec 0"),
        (99, "codec 99"),
    ] {
        if Codec::from_number(number).is_some() {
            continue;
        }
        let payload = Payload {
            codec: number,
            bytes: Bytes::from_static(b"1"),
        };
        let error = decode::<u8>(&payload, Operation::Load).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownCodec);
        assert!(error.source().unwrap().to_string().contains(word));
    }
}

#[test]
fn a_decode_error_does_not_quote_the_data() {
    for codec in every_codec() {
        let payload = codec
            .encode(&"a secret of the user", Operation::Create)
            .unwrap();
        let error = decode::<u64>(&payload, Operation::Load).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let said = format!("{error} {error:?} {}", error.source().unwrap());
        assert!(!said.contains("secret"), "{said}");
        let why = error.source().unwrap().to_string();
        assert!(
            why.contains(&format!("decoding as {codec:?} failed")),
            "{why}"
        );
        assert!(why.contains("give the builder a migration"), "{why}");
    }
}

#[test]
fn an_error_of_json_says_where_it_was_and_of_what_kind() {
    for (text, what) in [
        (
            "[1,\n\"x\"]",
            ", a value of another shape than the type's at line 2 column 3",
        ),
        ("[1}", ", a syntax error at line 1 column 3"),
        ("[", ", a sudden end at line 1 column 1"),
    ] {
        let payload = Payload {
            codec: 1,
            bytes: Bytes::from(text),
        };
        let error = decode::<Vec<u8>>(&payload, Operation::Load).unwrap_err();
        let why = error.source().unwrap().to_string();
        assert!(why.contains(what), "{why}");
    }
}

#[test]
fn data_that_have_no_form_in_json_are_told_as_such() {
    let data = std::collections::HashMap::from([(vec![1], 1)]);
    let error = Codec::Json.encode(&data, Operation::Update).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    let why = error.source().unwrap().to_string();
    assert!(why.contains("encoding as Json failed"), "{why}");
}
