//! The bottom of three shared crates: bytes of a packet, as the verifier lets a program read them.

#![no_std]

pub mod checksum;

/// A number in network byte order.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Be16([u8; 2]);

impl Be16 {
    #[inline(always)]
    pub fn get(self) -> u16 {
        u16::from_be_bytes(self.0)
    }
}

/// Types a packet can be viewed as.
///
/// # Safety
/// Alignment 1, no padding, and every bit pattern is a value.
pub unsafe trait Wire {}

unsafe impl<const N: usize> Wire for [u8; N] {}
unsafe impl Wire for Ethernet {}
unsafe impl Wire for Ipv4 {}
unsafe impl Wire for Ports {}

#[repr(C)]
pub struct Ethernet {
    pub addresses: [u8; 12],
    pub protocol: Be16,
}

#[repr(C)]
pub struct Ipv4 {
    pub version_and_length: u8,
    pub service: u8,
    pub total_length: Be16,
    pub id: Be16,
    pub fragment: Be16,
    pub ttl: u8,
    pub protocol: u8,
    pub checksum: Be16,
    pub addresses: [u8; 8],
}

/// What TCP and UDP headers start with.
#[repr(C)]
pub struct Ports {
    pub source: Be16,
    pub destination: Be16,
}

/// The bytes between `data` and `data_end`.
#[derive(Clone, Copy)]
pub struct Packet {
    start: *const u8,
    end: *const u8,
}

impl Packet {
    #[inline(always)]
    pub fn new(start: u32, end: u32) -> Self {
        Self { start: start as usize as *const u8, end: end as usize as *const u8 }
    }

    /// The `T` at `offset`, or nothing where the packet is too short.
    #[inline(always)]
    pub fn view<T: Wire>(&self, offset: usize) -> Option<&T> {
        let field = self.start.wrapping_add(offset);
        if field.wrapping_add(size_of::<T>()) > self.end {
            return None;
        }
        // SAFETY: inside the packet, and `Wire` allows any bytes at any address.
        Some(unsafe { &*field.cast::<T>() })
    }
}
