//! What the sanitizers must tell from what is fine: `enemies/sanitizers/run` builds this like the kernels and asks for each misdeed.
//! The memory is read as the kernels read it, by loads of whole vectors.

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm_storeu_si128, _mm256_extract_epi64, _mm256_loadu_si256,
};
use std::cell::UnsafeCell;
use std::hint::black_box;
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

const WORDS: usize = 8;

fn main() {
    let misdeed = std::env::args().nth(1).unwrap_or_default();
    // Its length is not known when this is compiled.
    let words: Vec<u64> = (0..black_box(WORDS as u64)).collect();
    match misdeed.as_str() {
        "fine" => assert_eq!((last_of(&words, WORDS - 4), handed_over(Ordering::Release)), (7, 1)),
        "reads-beyond" => println!("{}", last_of(&words, WORDS - 3)),
        "reads-beyond-on-the-stack" => println!("{}", last_on_the_stack(black_box(1))),
        "reads-what-is-freed" => {
            let place = words.as_ptr();
            drop(words);
            // SAFETY: there is none, on purpose.
            println!("{}", unsafe { last(place) });
        }
        "writes-beyond" => writes(words, WORDS - 1),
        "leaks" => leaks(black_box(words)),
        "races" => println!("{}", handed_over(Ordering::Relaxed)),
        _ => exit(2),
    }
}

/// The last of four words from this one on.
fn last_of(words: &[u64], first: usize) -> i64 {
    assert!(is_x86_feature_detected!("avx2"), "every machine that runs this has it");
    // SAFETY: there is none where fewer than four words are left, on purpose.
    unsafe { last(black_box(words.as_ptr().wrapping_add(first))) }
}

fn last_on_the_stack(first: usize) -> i64 {
    let words = black_box([1_u64, 2, 3, 4]);
    last_of(&words, first)
}

#[target_feature(enable = "avx2")]
unsafe fn last(place: *const u64) -> i64 {
    // SAFETY: as the caller says.
    let vector: __m256i = unsafe { _mm256_loadu_si256(place.cast()) };
    _mm256_extract_epi64::<3>(vector)
}

fn writes(mut words: Vec<u64>, first: usize) {
    let place = black_box(words.as_mut_ptr().wrapping_add(first));
    // SAFETY: there is none where fewer than two words are left, on purpose.
    unsafe { _mm_storeu_si128(place.cast(), _mm_loadu_si128(words.as_ptr().cast())) };
    black_box(words);
}

#[inline(never)]
fn leaks(words: Vec<u64>) {
    std::mem::forget(words);
}

/// A value that one thread leaves for another one, and says so.
fn handed_over(said: Ordering) -> u32 {
    struct Place(UnsafeCell<u32>, AtomicU32);
    // SAFETY: there is none where what is said is not released, on purpose.
    unsafe impl Sync for Place {}
    let place = Arc::new(Place(UnsafeCell::new(0), AtomicU32::new(0)));
    let other = place.clone();
    let giver = thread::spawn(move || {
        // SAFETY: nobody reads it before it is said.
        unsafe { *other.0.get() = 1 };
        other.1.store(1, said);
    });
    while place.1.load(Ordering::Acquire) == 0 {
        thread::yield_now();
    }
    // SAFETY: nobody writes it after it was said.
    let found = unsafe { *place.0.get() };
    giver.join().expect("it does not panic");
    found
}
