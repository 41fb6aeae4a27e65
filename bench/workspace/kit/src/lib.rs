//! The top of three shared crates, and the one that probes use: contexts, maps, licence and panic handler.

#![no_std]

pub use flow;
pub use wire;

pub mod context;
pub mod map;

/// The licence, without which the kernel keeps most helpers from a program.
#[macro_export]
macro_rules! license {
    () => {
        #[no_mangle]
        #[link_section = "license"]
        static LICENSE: [u8; 4] = *b"GPL\0";
    };
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
