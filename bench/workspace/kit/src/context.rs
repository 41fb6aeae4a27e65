//! What the kernel hands a program. Fields are read with volatile loads: the verifier wants each as one load.

use core::ptr::{addr_of, addr_of_mut, read_volatile, write_volatile};

use wire::Packet;

/// The start of the kernel's `struct xdp_md`.
#[repr(C)]
pub struct XdpMd {
    data: u32,
    data_end: u32,
}

#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Xdp(*mut XdpMd);

impl Xdp {
    pub const DROP: u32 = 1;
    pub const PASS: u32 = 2;

    #[inline(always)]
    pub fn packet(self) -> Packet {
        // SAFETY: the kernel passes a valid context of this layout.
        unsafe { Packet::new(read_volatile(addr_of!((*self.0).data)), read_volatile(addr_of!((*self.0).data_end))) }
    }
}

/// The start of the kernel's `struct __sk_buff`.
#[repr(C)]
pub struct SkBuff {
    len: u32,
    pkt_type: u32,
    mark: u32,
    queue_mapping: u32,
    protocol: u32,
    vlan: [u32; 3],
    priority: u32,
    ingress_ifindex: u32,
    ifindex: u32,
    tc_index: u32,
    cb: [u32; 5],
    hash: u32,
    tc_classid: u32,
    data: u32,
    data_end: u32,
}

#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Skb(*mut SkBuff);

impl Skb {
    pub const OK: i32 = 0;

    #[inline(always)]
    pub fn packet(self) -> Packet {
        // SAFETY: the kernel passes a valid context of this layout.
        unsafe { Packet::new(read_volatile(addr_of!((*self.0).data)), read_volatile(addr_of!((*self.0).data_end))) }
    }

    #[inline(always)]
    pub fn set_mark(self, mark: u32) {
        // SAFETY: as above, and a tc program may write this field.
        unsafe { write_volatile(addr_of_mut!((*self.0).mark), mark) }
    }
}
