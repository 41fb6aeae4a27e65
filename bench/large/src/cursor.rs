//! Reads a message from front to back.

use crate::WINDOW;

/// Why a message cannot be decoded.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Fault {
    Short = 1,
    Unknown = 2,
    Range = 3,
}

/// A place in a message, which begins again where the window ends.
pub struct Cursor<'a> {
    bytes: &'a [u8; WINDOW],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8; WINDOW], at: usize) -> Self {
        Self { bytes, at }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    pub fn byte(&mut self) -> Result<u8, Fault> {
        if self.at >= 2 * WINDOW {
            return Err(Fault::Short);
        }
        // A mask, and not the check above, is what every verifier understands.
        let byte = self.bytes[self.at % WINDOW];
        self.at += 1;
        Ok(byte)
    }

    pub fn half(&mut self) -> Result<u16, Fault> {
        Ok(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    pub fn word(&mut self) -> Result<u32, Fault> {
        Ok(u32::from(self.half()?) << 16 | u32::from(self.half()?))
    }

    pub fn skip(&mut self, count: usize) -> Result<(), Fault> {
        self.at = self.at.checked_add(count).filter(|&at| at < WINDOW).ok_or(Fault::Range)?;
        Ok(())
    }

    /// Some bytes as they are.
    pub fn array<const SIZE: usize>(&mut self) -> Result<[u8; SIZE], Fault> {
        let mut bytes = [0; SIZE];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(bytes)
    }
}
