//! Options of a TCP header.

use crate::{Cursor, Fault, Summary, WINDOW};

#[derive(Default)]
struct Options {
    segment: Option<u16>,
    scale: Option<u8>,
    times: Option<(u32, u32)>,
    blocks: [Option<(u32, u32)>; 4],
    selective: bool,
}

/// Decodes options; gives where they end.
#[inline(never)]
pub fn decode<const KIND: u32>(message: &[u8; WINDOW], at: usize, summary: &mut Summary) -> Result<usize, Fault> {
    let mut cursor = Cursor::new(message, at);
    let options = parse::<KIND>(&mut cursor)?;
    let window = options.segment.map_or(536, u32::from) << u32::from(options.scale.unwrap_or_default().min(14));
    summary.window = window.wrapping_add(KIND);
    if let Some((sent, echoed)) = options.times {
        summary.records ^= sent.wrapping_sub(echoed);
    }
    summary.addresses = options
        .blocks
        .iter()
        .flatten()
        .filter(|(left, right)| right.wrapping_sub(*left) < window)
        .map(|(left, right)| left ^ right)
        .chain(options.selective.then_some(KIND))
        .fold(summary.addresses, u32::wrapping_add);
    Ok(cursor.at())
}

fn parse<const KIND: u32>(cursor: &mut Cursor) -> Result<Options, Fault> {
    let mut options = Options::default();
    for _ in 0..10 {
        match cursor.byte()? {
            0 => return Ok(options),
            1 => continue,
            2 => options.segment = expect(cursor, 4)?.then(|| cursor.half()).transpose()?,
            3 => options.scale = expect(cursor, 3)?.then(|| cursor.byte()).transpose()?,
            4 => options.selective = expect(cursor, 2)?,
            5 => {
                let count = usize::from(cursor.byte()?.saturating_sub(2) / 8).min(4);
                for block in options.blocks.iter_mut().take(count) {
                    *block = Some((cursor.word()?, cursor.word()?));
                }
            }
            8 => options.times = expect(cursor, 10)?.then(|| Ok((cursor.word()?, cursor.word()?))).transpose()?,
            kind if u32::from(kind) == 200 + KIND % 50 => cursor.skip(1)?,
            _ => {
                let length = usize::from(cursor.byte()?);
                cursor.skip(length.checked_sub(2).ok_or(Fault::Range)?)?;
            }
        }
    }
    Err(Fault::Unknown)
}

fn expect(cursor: &mut Cursor, length: u8) -> Result<bool, Fault> {
    Ok(cursor.byte()? == length)
}
