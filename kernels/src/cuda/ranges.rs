//! Ranges for NVIDIA's profilers (NVTX): named spans on the thread that begins them, beside the kernels in a profiler's time
//! line. Only with the feature `nvtx`; the library, `libnvToolsExt`, comes with the toolkit or the profiler and is loaded at run
//! time. Without a profiler that listens a range does nothing.
#![expect(unsafe_code, reason = "to look for a library is to load it")]

use cudarc::nvtx::{self, Range};

/// Says that the library is there.
#[derive(Clone, Copy, Debug)]
pub struct Ranges(());

impl Ranges {
    /// Looks for the library.
    ///
    /// # Errors
    /// Why there are no ranges, for people.
    pub fn open() -> Result<Ranges, String> {
        // SAFETY: loading runs what the library does at its start. It is NVIDIA's, by the name that only theirs has.
        let is_there = unsafe { nvtx::sys::is_culib_present() };
        is_there.then_some(Ranges(())).ok_or_else(|| "libnvToolsExt is not found".to_owned())
    }

    /// A range that ends when it is dropped.
    pub fn begin(self, name: &str) -> Range {
        nvtx::scoped_range(name)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_machine_without_the_library_is_told_so() {
        match super::Ranges::open() {
            Ok(ranges) => drop(ranges.begin("a range")),
            Err(reason) => assert_eq!(reason, "libnvToolsExt is not found"),
        }
    }
}
