//! Ranges for NVIDIA's profilers (NVTX): named spans on the thread that begins them, beside the kernels in a profiler's time
//! line. Only with the feature `nvtx`. The library comes with the toolkit and is loaded at run time: `libnvtx3interop`, in older
//! toolkits `libnvToolsExt`. Without a profiler that listens a range does nothing.
//! (NVTX 3, `nvToolsExt.h`: `nvtxRangePushA`, `nvtxRangePop`.)
#![expect(unsafe_code, reason = "to call a library is to trust its declarations")]

use std::ffi::{CString, c_char, c_int};
use std::marker::PhantomData;
use std::sync::Arc;

use libloading::Library;

/// Where the two functions are looked for, in this order.
const LIBRARIES: [&str; 4] =
    ["libnvtx3interop.so.1", "libnvtx3interop.so", "libnvToolsExt.so.1", "libnvToolsExt.so"];

/// The library.
#[derive(Clone, Debug)]
pub struct Ranges(Arc<Functions>);

#[derive(Debug)]
struct Functions {
    push: unsafe extern "C" fn(*const c_char) -> c_int,
    pop: unsafe extern "C" fn() -> c_int,
    /// Holds what the two point to.
    _library: Library,
}

impl Ranges {
    /// Looks for the library.
    ///
    /// # Errors
    /// Why there are no ranges, for people.
    pub fn open() -> Result<Ranges, String> {
        LIBRARIES
            .iter()
            .find_map(|name| Functions::of(name).ok())
            .map(|functions| Ranges(Arc::new(functions)))
            .ok_or_else(|| format!("none of {} is found", LIBRARIES.join(", ")))
    }

    /// A range of this thread, which ends when it is dropped.
    pub fn begin(&self, name: &str) -> Range<'_> {
        let name = CString::new(name).unwrap_or_default();
        // SAFETY: by NVTX's header it takes a string that ends in zero, reads it, and keeps nothing of it.
        unsafe { (self.0.push)(name.as_ptr()) };
        Range { ranges: self, of_this_thread: PhantomData }
    }
}

/// See [`Ranges::begin`]. It stays on its thread, whose last range is the one that ends.
#[derive(Debug)]
pub struct Range<'a> {
    ranges: &'a Ranges,
    of_this_thread: PhantomData<*const ()>,
}

impl Drop for Range<'_> {
    fn drop(&mut self) {
        // SAFETY: by NVTX's header it takes nothing, and where no range is open it answers that.
        unsafe { (self.ranges.0.pop)() };
    }
}

impl Functions {
    fn of(library: &str) -> Result<Functions, libloading::Error> {
        // SAFETY: loading runs what the library does at its start. It is NVIDIA's, by a name that only theirs has; the types are
        // those of its header, and the functions are kept no longer than the library.
        unsafe {
            let library = Library::new(library)?;
            let push = *library.get(b"nvtxRangePushA")?;
            let pop = *library.get(b"nvtxRangePop")?;
            Ok(Functions { push, pop, _library: library })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ranges;

    #[test]
    fn ranges_nest_and_a_machine_without_the_library_is_told_so() {
        match Ranges::open() {
            Ok(ranges) => {
                let outer = ranges.begin("outer");
                drop(ranges.begin("inner, with a \0 in it"));
                drop(outer);
            }
            Err(reason) => assert!(reason.contains("libnvtx3interop"), "{reason}"),
        }
    }
}
