//! Used by one probe in ten: the shared-crate edit changes this body, and no other probe's code.

const SEED: u32 = 0;

/// Ones' complement sum of an IPv4 header without options, started from a seed.
#[inline(never)]
pub fn ipv4_header(header: &[u8; 20]) -> u16 {
    let mut sum = SEED;
    let mut word = 0;
    while word < 10 {
        sum += u32::from(u16::from_be_bytes([header[2 * word], header[2 * word + 1]]));
        word += 1;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    !(sum as u16)
}
