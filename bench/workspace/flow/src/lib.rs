//! The middle of three shared crates: what a packet belongs to.

#![no_std]

use wire::{Ethernet, Ipv4, Packet, Ports};

const IPV4: u16 = 0x0800;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// The IPv4 header of a packet, if that is what it carries.
#[inline(always)]
pub fn ipv4(packet: &Packet) -> Option<&Ipv4> {
    match packet.view::<Ethernet>(0)?.protocol.get() {
        IPV4 => packet.view::<Ipv4>(size_of::<Ethernet>()),
        _ => None,
    }
}

/// The port a TCP or UDP packet is sent to.
#[inline(always)]
pub fn destination_port(packet: &Packet) -> Option<u16> {
    let ip = ipv4(packet)?;
    let transport = size_of::<Ethernet>() + usize::from(ip.version_and_length & 0xf) * 4;
    match ip.protocol {
        TCP | UDP => Some(packet.view::<Ports>(transport)?.destination.get()),
        _ => None,
    }
}

/// The bytes of an IPv4 header without options.
#[inline(always)]
pub fn plain_header(packet: &Packet) -> Option<&[u8; 20]> {
    match ipv4(packet)?.version_and_length {
        0x45 => packet.view::<[u8; 20]>(size_of::<Ethernet>()),
        _ => None,
    }
}
