//! Answers of name servers.

use crate::{Cursor, Fault, Summary, WINDOW};

enum Record<const KIND: u32> {
    V4(u32),
    V6([u8; 16]),
    Name(u64),
    Other { kind: u16, length: u16 },
}

/// Decodes an answer; gives where it ends.
#[inline(never)]
pub fn decode<const KIND: u32>(message: &[u8; WINDOW], summary: &mut Summary) -> Result<usize, Fault> {
    let mut cursor = Cursor::new(message, 0);
    let id = cursor.half()?;
    let flags = cursor.half()?;
    let questions = cursor.half()?.min(4);
    let answers = cursor.half()?.min(8);
    cursor.skip(4)?;
    for _ in 0..questions {
        summary.name ^= name::<KIND>(&mut cursor)?;
        cursor.skip(4)?;
    }
    for _ in 0..answers {
        match record::<KIND>(&mut cursor)? {
            Record::V4(address) => summary.addresses ^= address.rotate_left(KIND % 32),
            Record::V6(bytes) => summary.addresses ^= fold::<KIND>(&bytes),
            Record::Name(hash) => summary.name ^= hash,
            Record::Other { kind, length } if kind == 41 => summary.window = u32::from(length),
            Record::Other { length, .. } => cursor.skip(usize::from(length & 0x3f))?,
        }
        summary.records += 1;
    }
    summary.records ^= u32::from(id ^ flags) ^ KIND;
    Ok(cursor.at())
}

fn record<const KIND: u32>(cursor: &mut Cursor) -> Result<Record<KIND>, Fault> {
    let owner = name::<KIND>(cursor)?;
    let kind = cursor.half()?;
    let class = cursor.half()?;
    let _lifetime = cursor.word()?;
    let length = cursor.half()?;
    match (class, kind, length) {
        (1, 1, 4) => Ok(Record::V4(cursor.word()?)),
        (1, 28, 16) => Ok(Record::V6(cursor.array()?)),
        (1, 5 | 12, _) => Ok(Record::Name(owner ^ name::<KIND>(cursor)?)),
        (1..=4 | 254..=255, _, _) => Ok(Record::Other { kind, length }),
        _ => Err(Fault::Unknown),
    }
}

/// The hash of a name; one that goes on elsewhere ends there.
fn name<const KIND: u32>(cursor: &mut Cursor) -> Result<u64, Fault> {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ u64::from(KIND);
    for _ in 0..8 {
        let length = cursor.byte()?;
        match length {
            0 => return Ok(hash),
            1..=63 => {
                for _ in 0..length.min(15) {
                    hash = (hash ^ u64::from(cursor.byte()?.to_ascii_lowercase())).wrapping_mul(0x100_0000_01b3);
                }
            }
            192..=255 => {
                cursor.byte()?;
                return Ok(hash.rotate_left(7));
            }
            _ => return Err(Fault::Range),
        }
    }
    Err(Fault::Range)
}

fn fold<const KIND: u32>(bytes: &[u8; 16]) -> u32 {
    bytes
        .chunks_exact(4)
        .map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]]))
        .enumerate()
        .fold(KIND, |sum, (i, word)| sum.rotate_left(3 + i as u32) ^ word)
}
