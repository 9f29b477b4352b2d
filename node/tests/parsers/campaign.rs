//! `campaign`: runs a check on copies of samples that are bent from a seed, and says which one it was when a check panics.

use pelton_pipeline::random::Random;

/// What chance decides, from a seed.
struct Dice(Random);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0.below(count.max(1) as u64) as usize
    }

    /// Damages bytes in one to four places; `words` are what may be put in.
    fn bend(&mut self, bytes: &mut Vec<u8>, words: &[&[u8]]) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = at + self.below((bytes.len() - at).min(40) + 1);
            match self.below(7) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = self.0.next_u64() as u8,
                2 => bytes.truncate(at),
                3 => drop(bytes.drain(at..end)),
                4 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
                5 if !words.is_empty() => {
                    drop(bytes.splice(at..end, words[self.below(words.len())].to_vec()))
                }
                _ => bytes.insert(at, self.0.next_u64() as u8),
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test takes no arguments of its own")]
fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Runs `check` on so many bent copies of these, or more if more are asked for; it says whether the copy was taken.
pub fn campaign(samples: &[Vec<u8>], words: &[&[u8]], cases: u64, check: impl Fn(&[u8]) -> bool) {
    let seed = from_environment("PELTON_FUZZ_SEED", 1);
    let cases = from_environment("PELTON_FUZZ_CASES", cases);
    let mut dice = Dice(Random::new(seed));
    let mut taken = 0;
    for case in 0..cases {
        let mut bytes = samples[dice.below(samples.len())].clone();
        // Some stay as they are, so that a parser that takes nothing is noticed.
        if dice.below(8) > 0 {
            dice.bend(&mut bytes, words);
        }
        let report = Report { seed, case, bytes: &bytes };
        taken += u64::from(check(&bytes));
        drop(report);
    }
    assert!(taken > cases / 20 && taken < cases, "{taken} of {cases} were taken");
}

/// Says what to look at when a case panics.
struct Report<'a> {
    seed: u64,
    case: u64,
    bytes: &'a [u8],
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, case {}, {}", self.seed, self.case, self.bytes.escape_ascii());
        }
    }
}
