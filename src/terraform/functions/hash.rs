//! Hashes of strings and files, and UUIDs made of names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Digest;
use uuid::Uuid;

use super::argument::{Call, Outcome, Stop};
use super::filesystem::bytes;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn of_text<D: Digest>(call: &Call<'_>, write: fn(&[u8]) -> String) -> Outcome {
    call.give_string(write(&D::digest(call.text(0)?.as_bytes())))
}

fn of_file<D: Digest>(call: &Call<'_>, write: fn(&[u8]) -> String) -> Outcome {
    call.give_string(write(&D::digest(bytes(call)?)))
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn md5(call: &Call<'_>) -> Outcome {
    of_text::<md5::Md5>(call, hex)
}

pub(super) fn sha1(call: &Call<'_>) -> Outcome {
    of_text::<sha1::Sha1>(call, hex)
}

pub(super) fn sha256(call: &Call<'_>) -> Outcome {
    of_text::<sha2::Sha256>(call, hex)
}

pub(super) fn sha512(call: &Call<'_>) -> Outcome {
    of_text::<sha2::Sha512>(call, hex)
}

pub(super) fn base64sha256(call: &Call<'_>) -> Outcome {
    of_text::<sha2::Sha256>(call, base64)
}

pub(super) fn base64sha512(call: &Call<'_>) -> Outcome {
    of_text::<sha2::Sha512>(call, base64)
}

pub(super) fn filemd5(call: &Call<'_>) -> Outcome {
    of_file::<md5::Md5>(call, hex)
}

pub(super) fn filesha1(call: &Call<'_>) -> Outcome {
    of_file::<sha1::Sha1>(call, hex)
}

pub(super) fn filesha256(call: &Call<'_>) -> Outcome {
    of_file::<sha2::Sha256>(call, hex)
}

pub(super) fn filesha512(call: &Call<'_>) -> Outcome {
    of_file::<sha2::Sha512>(call, hex)
}

pub(super) fn filebase64sha256(call: &Call<'_>) -> Outcome {
    of_file::<sha2::Sha256>(call, base64)
}

pub(super) fn filebase64sha512(call: &Call<'_>) -> Outcome {
    of_file::<sha2::Sha512>(call, base64)
}

pub(super) fn uuidv5(call: &Call<'_>) -> Outcome {
    let namespace = namespace(call)?;
    call.give_string(Uuid::new_v5(&namespace, call.text(1)?.as_bytes()).to_string())
}

fn namespace(call: &Call<'_>) -> Result<Uuid, Stop> {
    let name = call.text(0)?;
    match &*name {
        "dns" => Ok(Uuid::NAMESPACE_DNS),
        "url" => Ok(Uuid::NAMESPACE_URL),
        "oid" => Ok(Uuid::NAMESPACE_OID),
        "x500" => Ok(Uuid::NAMESPACE_X500),
        text => Uuid::parse_str(text)
            .map_err(|_| call.fail_at(0, "the namespace must be `dns`, `url`, `oid`, `x500` or a UUID")),
    }
}
