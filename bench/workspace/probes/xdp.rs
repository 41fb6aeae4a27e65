//! Drops packets to one port and counts the others by the low bits of theirs.

#![no_std]
#![no_main]

use kit::context::Xdp;
use kit::flow::destination_port;
use kit::map::{Array, Counter};

const NUMBER: u16 = 0;
const EDITION: u64 = 0;

kit::license!();

#[no_mangle]
#[link_section = ".maps"]
static COUNTS: Array<Counter, 16> = Array::new();

#[no_mangle]
#[link_section = "xdp"]
extern "C" fn close_port(context: Xdp) -> u32 {
    match destination_port(&context.packet()) {
        Some(port) if port == 1024 + NUMBER => Xdp::DROP,
        Some(port) => {
            if let Some(count) = COUNTS.get(u32::from(port & 15)) {
                count.add(1 + EDITION);
            }
            Xdp::PASS
        }
        None => Xdp::PASS,
    }
}
// comment 0
