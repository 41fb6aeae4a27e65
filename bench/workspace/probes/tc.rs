//! Marks packets by their type of service and counts those that live long.

#![no_std]
#![no_main]

use kit::context::Skb;
use kit::flow::ipv4;
use kit::map::{Array, Counter};

const NUMBER: u16 = 0;
const EDITION: u64 = 0;

kit::license!();

#[no_mangle]
#[link_section = ".maps"]
static COUNTS: Array<Counter, 4> = Array::new();

#[no_mangle]
#[link_section = "tc"]
extern "C" fn mark(context: Skb) -> i32 {
    if let Some(ip) = ipv4(&context.packet()) {
        if ip.ttl > 64 {
            if let Some(count) = COUNTS.get(u32::from(ip.ttl >> 6)) {
                count.add(1 + EDITION);
            }
        }
        context.set_mark(u32::from(ip.service >> 2) + u32::from(NUMBER));
    }
    Skb::OK
}
// comment 0
