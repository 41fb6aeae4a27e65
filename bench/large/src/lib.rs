//! What makes a probe large: decoders of messages that are generic over what they decode, so that each program has its own.

#![no_std]

mod cursor;
pub mod dns;
pub mod map;
pub mod options;
pub mod text;

pub use cursor::{Cursor, Fault};

/// How much of a message is looked at.
pub const WINDOW: usize = 1024;

/// What is known of a message.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Summary {
    pub name: u64,
    pub records: u32,
    pub addresses: u32,
    pub window: u32,
    pub digits: u32,
    pub method: u32,
    pub fault: u32,
}

/// All that the decoders find in one message.
pub fn summarize<const KIND: u32>(message: &[u8; WINDOW]) -> Summary {
    let mut summary = Summary::default();
    let found = dns::decode::<KIND>(message, &mut summary)
        .and_then(|at| options::decode::<KIND>(message, at, &mut summary))
        .and_then(|at| text::decode::<KIND>(message, at, &mut summary));
    if let Err(fault) = found {
        summary.fault = fault as u32 ^ KIND;
    }
    summary
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
