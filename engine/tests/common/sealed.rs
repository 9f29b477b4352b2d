//! A block of these transactions, the same for the same ones.

use alloy_primitives::{Address, B256};
use pelton_engine::block::{Block, Parent, Summary};
use pelton_engine::codec;
use pelton_engine::limits::Limits;
use pelton_engine::transaction::Verified;

/// The limits of its chain.
pub const LIMITS: Limits = Limits::standard(1337);

/// Seals transactions, given by their bytes, as block 42.
pub fn sealed(wires: &[Vec<u8>]) -> Block {
    let verified = |wire: &Vec<u8>| {
        let transaction = codec::decode(wire.clone().into()).expect("a sample decodes");
        Verified::new(transaction, Address::repeat_byte(0xaa))
    };
    let parent = Parent {
        height: 41,
        id: B256::repeat_byte(0x11),
        timestamp_ms: 1_700_000_000_000,
        base_fee: 1_000_000_000,
    };
    let executed = Summary {
        height: 34,
        gas_used: 1_500_000_000,
        state_root: B256::repeat_byte(0x22),
        prices: B256::repeat_byte(0x44),
    };
    let transactions: Vec<_> = wires.iter().map(verified).collect();
    Block::seal(&parent, executed, Address::repeat_byte(0x33), 1_700_000_000_500, transactions, &LIMITS)
}
