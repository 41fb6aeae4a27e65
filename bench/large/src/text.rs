//! The first line of a request in text.

use crate::{Cursor, Fault, Summary, WINDOW};

const METHODS: [&[u8]; 8] = [b"GET", b"PUT", b"POST", b"HEAD", b"PATCH", b"TRACE", b"DELETE", b"OPTIONS"];

/// Decodes a request; gives where its line ends.
#[inline(never)]
pub fn decode<const KIND: u32>(message: &[u8; WINDOW], at: usize, summary: &mut Summary) -> Result<usize, Fault> {
    let mut cursor = Cursor::new(message, at);
    let word = token(&mut cursor)?;
    let method = METHODS.iter().position(|m| word.0[..word.1.min(8)] == **m).ok_or(Fault::Unknown)?;
    summary.method = method as u32 + KIND;
    for _ in 0..24 {
        match cursor.byte()? {
            b' ' | b'\r' | b'\n' => break,
            digit @ b'0'..=b'9' => summary.digits = number::<KIND>(summary.digits, digit),
            b'%' => summary.digits ^= u32::from(hex(cursor.byte()?)? << 4 | hex(cursor.byte()?)?),
            other => summary.name = summary.name.rotate_left(5) ^ u64::from(other.to_ascii_uppercase()),
        }
    }
    Ok(cursor.at())
}

fn token(cursor: &mut Cursor) -> Result<([u8; 8], usize), Fault> {
    let mut word = [0; 8];
    for (i, place) in word.iter_mut().enumerate() {
        match cursor.byte()? {
            b' ' => return Ok((word, i)),
            letter if letter.is_ascii_uppercase() => *place = letter,
            _ => return Err(Fault::Unknown),
        }
    }
    Err(Fault::Range)
}

fn number<const KIND: u32>(before: u32, digit: u8) -> u32 {
    before
        .checked_mul(10)
        .and_then(|tens| tens.checked_add(u32::from(digit - b'0')))
        .unwrap_or(KIND)
}

fn hex(digit: u8) -> Result<u8, Fault> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(Fault::Range),
    }
}
