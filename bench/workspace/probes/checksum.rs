//! Marks packets whose IPv4 header is damaged: one of the probes whose code a shared-crate edit changes.

#![no_std]
#![no_main]

use kit::context::Skb;
use kit::flow::plain_header;
use kit::map::{Array, Counter};
use kit::wire::checksum::ipv4_header;

const NUMBER: u16 = 0;
const EDITION: u64 = 0;

kit::license!();

#[no_mangle]
#[link_section = ".maps"]
static DAMAGED: Array<Counter, 1> = Array::new();

#[no_mangle]
#[link_section = "tc"]
extern "C" fn check(context: Skb) -> i32 {
    if let Some(header) = plain_header(&context.packet()) {
        if ipv4_header(header) != 0 {
            if let Some(count) = DAMAGED.get(0) {
                count.add(1 + EDITION);
            }
            context.set_mark(u32::from(NUMBER) + 1);
        }
    }
    Skb::OK
}
// comment 0
