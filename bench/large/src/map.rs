//! Maps with type information, and where messages are.

const LOOKUP: usize = 1;

/// A map with a value for each index.
#[repr(C)]
pub struct PerCpuArray<V, const MAX: usize> {
    r#type: *const [i32; 6],
    max_entries: *const [i32; MAX],
    key: *const u32,
    value: *const V,
}

unsafe impl<V, const MAX: usize> Sync for PerCpuArray<V, MAX> {}

impl<V, const MAX: usize> PerCpuArray<V, MAX> {
    pub const fn new() -> Self {
        use core::ptr::null;
        Self { r#type: null(), max_entries: null(), key: null(), value: null() }
    }

    #[inline(always)]
    pub fn get(&self, index: u32) -> Option<&mut V> {
        let lookup: unsafe extern "C" fn(*const Self, *const u32) -> *mut V = unsafe { core::mem::transmute(LOOKUP) };
        unsafe { lookup(self, &index).as_mut() }
    }
}
