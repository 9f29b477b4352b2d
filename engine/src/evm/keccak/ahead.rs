//! Hashes that calls will most likely ask for, made for many calls at once.
//!
//! ```text
//! a call of a token:   transfer(to, amount), from a caller
//!   it hashed          caller ‖ 4                     what is learned of this function:   caller ‖ 4
//!                      to ‖ 4                                                             first argument ‖ 4
//! the next calls       ──> their callers and first arguments, each with 4 ──> all hashed at once ──> remembered
//! ```
//!
//! A function is known by its contract and the first four bytes of a transaction that calls it; what contracts further
//! down hash counts as well, as long as the key stands in the transaction.
//!
//! What is learned is a guess: a hash that nobody asks for was made in vain, and one that was not foreseen is made when
//! it is asked for. Nothing else depends on it. So a function is watched for some calls, now and then, and only what
//! most of them had to hash is hashed ahead.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use alloy_primitives::map::HashMap;
use alloy_primitives::{Address, B256, keccak256};

use super::{Input, remember, remembered};
use crate::transaction::{Fields, Verified};

/// So many functions of contracts are known to a thread at most.
const FUNCTIONS_MAX: usize = 256;
/// So many hashes of one function.
const RECIPES_MAX: usize = 4;
/// Calls of a function that show what is worth hashing ahead: what every second one asks for.
const TRIAL: u32 = 64;
/// After so many calls a function is looked at anew.
const CALLS_MAX: u32 = 4_096;
/// Arguments behind these do not count as keys.
const ARGUMENTS_MAX: usize = 8;

/// Appends the Keccak-256 of each of many inputs, in their order, in less time than one by one.
#[derive(Clone)]
pub struct HashMany(Arc<Hash>);

type Hash = dyn Fn(&[Input], &mut Vec<[u8; 32]>) + Send + Sync;

impl HashMany {
    /// What this function does.
    pub fn new(hash: impl Fn(&[Input], &mut Vec<[u8; 32]>) + Send + Sync + 'static) -> HashMany {
        HashMany(Arc::new(hash))
    }
}

impl fmt::Debug for HashMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashMany")
    }
}

/// A contract, and the first four bytes of a call of it.
type Function = (Address, [u8; 4]);

/// What is known of a function.
#[derive(Debug, Default)]
struct Habits {
    /// Calls since they were last looked at; of the first [`TRIAL`] nothing was hashed ahead.
    calls: u32,
    /// With how often each was missed in that time.
    recipes: Vec<(Recipe, u32)>,
}

/// How a function makes an input of a hash: a word of its call, and the place of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Recipe {
    key: Word,
    mapping: [u8; 32],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Caller,
    Argument(usize),
}

#[derive(Default)]
struct Kitchen {
    /// The one that runs now, or ran last.
    call: Option<Verified>,
    habits: HashMap<Function, Habits>,
    inputs: Vec<Input>,
    hashes: Vec<[u8; 32]>,
}

thread_local! {
    static KITCHEN: RefCell<Kitchen> = RefCell::default();
}

fn function(call: &Verified) -> Option<Function> {
    let Fields { to, input, .. } = call.fields();
    Some((*to.as_ref()?, *input.first_chunk()?))
}

fn word(call: &Verified, word: Word) -> Option<[u8; 32]> {
    match word {
        Word::Caller => Some(call.sender().into_word().0),
        Word::Argument(number) => call.fields().input.get(4 + 32 * number..)?.first_chunk().copied(),
    }
}

fn words(call: &Verified) -> impl Iterator<Item = Word> {
    let arguments = (call.fields().input.len().saturating_sub(4) / 32).min(ARGUMENTS_MAX);
    [Word::Caller].into_iter().chain((0..arguments).map(Word::Argument))
}

/// Hears which call runs now on this thread.
pub(crate) fn begin(call: &Verified) {
    KITCHEN.with_borrow_mut(|kitchen| kitchen.call = Some(call.clone()));
}

/// Hears that the running call, or one that it made, needs a hash that was not foreseen.
pub(super) fn learn(input: &Input) {
    KITCHEN.with_borrow_mut(|Kitchen { call, habits, .. }| {
        let Some((call, function)) = call.as_ref().and_then(|call| Some((call, function(call)?))) else {
            return;
        };
        let (key, mapping) = input.split_at(32);
        let is_it = |one: &Word| word(call, *one).is_some_and(|word| word == *key);
        let Some(key) = words(call).find(is_it) else { return };
        if habits.len() >= FUNCTIONS_MAX && !habits.contains_key(&function) {
            habits.clear();
        }
        let recipe = Recipe { key, mapping: *mapping.first_chunk().expect("an input has two words") };
        let Habits { calls, recipes } = habits.entry(function).or_default();
        if *calls > TRIAL {
            return;
        }
        match recipes.iter().position(|(known, _)| *known == recipe) {
            Some(at) => recipes[at].1 += 1,
            None if recipes.len() < RECIPES_MAX => recipes.push((recipe, 1)),
            None => {}
        }
    });
}

/// Hashes what these calls will most likely ask for.
pub(crate) fn prepare<'a>(calls: impl Iterator<Item = &'a Verified>, HashMany(hash): &HashMany) {
    KITCHEN.with_borrow_mut(|Kitchen { habits, inputs, hashes, .. }| {
        if habits.is_empty() {
            return;
        }
        inputs.clear();
        for call in calls {
            let Some(Habits { calls, recipes }) = function(call).and_then(|known| habits.get_mut(&known))
            else {
                continue;
            };
            *calls += 1;
            if *calls > CALLS_MAX {
                (*calls, *recipes) = (0, Vec::new());
            }
            let worth = recipes.iter().filter(|(_, missed)| *calls > TRIAL && *missed >= TRIAL / 2);
            for (recipe, _) in worth {
                let Some(key) = word(call, recipe.key) else { continue };
                let mut input = [0; 64];
                input[..32].copy_from_slice(&key);
                input[32..].copy_from_slice(&recipe.mapping);
                if remembered(&input).is_none() {
                    inputs.push(input);
                }
            }
        }
        hashes.clear();
        hash(inputs, hashes);
        assert_eq!(hashes.len(), inputs.len(), "each input has a hash");
        for (input, hash) in inputs.iter().zip(&*hashes) {
            debug_assert_eq!(keccak256(input), B256::from(*hash), "they are those of the plain function");
            remember(input, B256::from(*hash));
        }
    });
}
