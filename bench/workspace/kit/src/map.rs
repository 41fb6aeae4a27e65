//! Maps in libbpf's BTF convention: a loader reads the types of these members, their values stay null.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::mem::transmute;
use core::ptr::{addr_of, null};

#[repr(C)]
pub struct Array<V, const ENTRIES: usize> {
    r#type: *const [i32; 2],
    key: *const u32,
    value: *const V,
    max_entries: *const [i32; ENTRIES],
}

// SAFETY: the members are never read; the kernel serialises access to entries.
unsafe impl<V, const ENTRIES: usize> Sync for Array<V, ENTRIES> {}

impl<V, const ENTRIES: usize> Array<V, ENTRIES> {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self { r#type: null(), key: null(), value: null(), max_entries: null() }
    }

    #[inline(always)]
    pub fn get(&self, key: u32) -> Option<&V> {
        // SAFETY: helper 1 is bpf_map_lookup_elem, and gives null or a pointer to a value of this map.
        unsafe {
            let lookup: unsafe extern "C" fn(*const c_void, *const u32) -> *const c_void = transmute(1usize);
            lookup(addr_of!(*self).cast(), &key).cast::<V>().as_ref()
        }
    }
}

/// A count that may lose an increment when two CPUs meet.
#[repr(transparent)]
pub struct Counter(UnsafeCell<u64>);

impl Counter {
    #[inline(always)]
    pub fn add(&self, count: u64) {
        // SAFETY: aligned 64-bit accesses are never torn on the machines that run BPF; volatile keeps them whole.
        unsafe { self.0.get().write_volatile(self.0.get().read_volatile().wrapping_add(count)) }
    }
}
