//! `textencodebase64` and `textdecodebase64`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::argument::{Call, Outcome, Stop};
use super::encoding::from_base64;

/// A character encoding.
#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    Utf16 {
        big_endian: bool,
    },
    Ascii,
    Latin1,
    /// One whose bytes below 128 are those of ASCII, and of which no more is known here.
    AsciiBased,
}

fn charset(call: &Call<'_>, at: usize) -> Result<Charset, Stop> {
    let name = call.text(at)?.to_ascii_uppercase().replace('_', "-");
    let based = ["CP", "IBM", "WINDOWS-", "ISO-8859-", "KOI8-", "GB", "EUC-", "MACINTOSH", "BIG5", "MS9"];
    match name.as_str() {
        "UTF-8" | "UTF8" => Ok(Charset::Utf8),
        "UTF-16LE" => Ok(Charset::Utf16 { big_endian: false }),
        "UTF-16BE" => Ok(Charset::Utf16 { big_endian: true }),
        "US-ASCII" | "ASCII" => Ok(Charset::Ascii),
        "ISO-8859-1" | "LATIN1" => Ok(Charset::Latin1),
        "SHIFT-JIS" | "UTF-16" | "UTF-32" | "ISO-2022-JP" | "ISO-2022-KR" | "UTF-7" => Err(call.offline()),
        name if based.iter().any(|start| name.starts_with(start)) => Ok(Charset::AsciiBased),
        _ => Err(call.fail_at(at, format!("`{}` is not a character encoding", call.text(at)?))),
    }
}

/// Whether the encoding is one that has all of Unicode.
fn has_all(call: &Call<'_>) -> Result<bool, Stop> {
    Ok(call.text(1)?.to_ascii_uppercase().starts_with("GB18030"))
}

pub(super) fn textencodebase64(call: &Call<'_>) -> Outcome {
    let text = call.text(0)?;
    let narrow = |limit: u32| {
        let byte = |c: char| u8::try_from(u32::from(c)).ok().filter(|byte| u32::from(*byte) < limit);
        text.chars().map(byte).collect::<Option<Vec<u8>>>()
    };
    let bytes = match charset(call, 1)? {
        Charset::Utf8 => Some(text.as_bytes().to_vec()),
        Charset::Utf16 { big_endian: true } => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        Charset::Utf16 { big_endian: false } => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        Charset::Ascii => narrow(0x80),
        Charset::Latin1 => narrow(0x100),
        // No encoding of one byte a character, nor any of two, has a place for what lies beyond the first plane.
        Charset::AsciiBased if text.chars().any(|c| u32::from(c) > 0xFFFF) && !has_all(call)? => None,
        Charset::AsciiBased => Some(narrow(0x80).ok_or_else(|| call.offline())?),
    };
    match bytes {
        Some(bytes) => call.give_string(STANDARD.encode(bytes)),
        None => Err(call.fail_at(0, "the encoding has no place for a character of the string")),
    }
}

pub(super) fn textdecodebase64(call: &Call<'_>) -> Outcome {
    let bytes = from_base64(call)?;
    let charset = charset(call, 1)?;
    let wide = |order: fn([u8; 2]) -> u16| {
        let units = bytes.chunks(2).map(|pair| match pair {
            [a, b] => order([*a, *b]),
            _ => 0xFFFD,
        });
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
    };
    let text = match charset {
        Charset::Utf8 => String::from_utf8(bytes).ok(),
        Charset::Utf16 { big_endian: true } => Some(wide(u16::from_be_bytes)),
        Charset::Utf16 { big_endian: false } => Some(wide(u16::from_le_bytes)),
        Charset::Latin1 => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Charset::Ascii => bytes.is_ascii().then(|| bytes.iter().map(|byte| char::from(*byte)).collect()),
        Charset::AsciiBased if !bytes.is_ascii() => return Err(call.offline()),
        Charset::AsciiBased => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
    };
    match text {
        Some(text) => call.give_string(text),
        None => Err(call.fail_at(0, "the decoded bytes are not text of that encoding")),
    }
}
