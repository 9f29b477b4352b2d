//! Limits by name, as a chain file has them.

use pelton_engine::limits::Limits;
use serde_json::{Map, Value, json};

macro_rules! by_name {
    ($($name:literal $field:ident),+ $(,)?) => {
        /// All limits.
        pub(super) fn write(limits: &Limits) -> Map<String, Value> {
            // Taken apart, so that none can be left out.
            let Limits { $($field),+ } = limits;
            [$(($name.to_owned(), json!($field))),+].into_iter().collect()
        }

        /// Sets the limit of this name.
        ///
        /// # Errors
        /// In words, if there is none, or it cannot be that large.
        pub fn set(limits: &mut Limits, name: &str, value: u64) -> Result<(), String> {
            let given = serde_json::Value::from(value);
            let too_large = |_| format!("limit {name}: {value} is too large");
            match name {
                $($name => limits.$field = serde_json::from_value(given).map_err(too_large)?,)+
                _ => return Err(format!("there is no limit {name}; there are {}", [$($name),+].join(", "))),
            }
            Ok(())
        }

        const COUNT: usize = [$($name),+].len();
    };
}

by_name! {
    "chainId" chain_id,
    "transactionBytesMax" transaction_bytes_max,
    "transactionGasMax" transaction_gas_max,
    "accessEntriesMax" access_entries_max,
    "authorizationsMax" authorizations_max,
    "initCodeBytesMax" init_code_bytes_max,
    "blockTransactionsMax" block_transactions_max,
    "blockBytesMax" block_bytes_max,
    "blockGasMax" block_gas_max,
    "blockGasTarget" block_gas_target,
    "baseFeeMin" base_fee_min,
    "contentionLanes" contention_lanes,
    "contentionDenominator" contention_denominator,
    "contentionLoadMax" contention_load_max,
    "hotKeysMax" hot_keys_max,
    "rootLag" root_lag,
}

/// Limits of which each is given.
pub(super) fn read(given: &Map<String, Value>) -> Result<Limits, String> {
    let mut limits = Limits::standard(1);
    for (name, value) in given {
        let value = value.as_u64().ok_or_else(|| format!("limit {name} is no whole number"))?;
        set(&mut limits, name, value)?;
    }
    if given.len() != COUNT {
        return Err(format!("it has {} limits of {COUNT}", given.len()));
    }
    Ok(limits)
}

/// Longest block that validators can send each other, in bytes.
const BLOCK_BYTES_MAX: u32 = 64 << 20;
/// Furthest that a header may look back.
const ROOT_LAG_MAX: u64 = 1_024;

/// What must hold among them.
pub(super) fn check(limits: &Limits) -> Result<(), String> {
    let rules = [
        (limits.chain_id > 0, "chainId is 0"),
        (limits.root_lag > 0, "rootLag is 0: a header cannot speak of its own block"),
        (limits.root_lag <= ROOT_LAG_MAX, "rootLag is above 1,024"),
        (limits.block_transactions_max > 0, "blockTransactionsMax is 0"),
        (limits.block_bytes_max <= BLOCK_BYTES_MAX, "blockBytesMax is above 64 MiB"),
        (
            u64::from(limits.block_bytes_max) >= u64::from(limits.transaction_bytes_max) + 4,
            "a transaction of transactionBytesMax does not fit blockBytesMax",
        ),
        (limits.block_gas_max >= limits.transaction_gas_max, "transactionGasMax does not fit blockGasMax"),
        (limits.block_gas_target > 0, "blockGasTarget is 0"),
        (limits.block_gas_target <= limits.block_gas_max, "blockGasTarget is above blockGasMax"),
        (limits.base_fee_min > 0, "baseFeeMin is 0"),
        (
            limits.contention_lanes > 0
                && limits.contention_denominator > 0
                && limits.contention_load_max > 0,
            "a limit of contention is 0",
        ),
    ];
    match rules.into_iter().find(|(holds, _)| !holds) {
        Some((_, words)) => Err(words.to_owned()),
        None => Ok(()),
    }
}
