//! Environment and transactions in revm's words, and its refusals in ours.

use alloy_primitives::{B256, TxKind, U256};
use revm::context::result::InvalidTransaction;
use revm::context::transaction::{AccessListItem, Authorization, SignedAuthorization};
use revm::context::{BlockEnv, TxEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::context_interface::either::Either;
use revm::primitives::hardfork::SpecId;

use crate::environment::{Environment, Fork};
use crate::prices::Terms;
use crate::reject::Reject;
use crate::transaction::{Fields, Kind, Verified};

pub(super) fn spec(fork: Fork) -> SpecId {
    match fork {
        Fork::Frontier => SpecId::FRONTIER,
        Fork::Homestead => SpecId::HOMESTEAD,
        Fork::Tangerine => SpecId::TANGERINE,
        Fork::SpuriousDragon => SpecId::SPURIOUS_DRAGON,
        Fork::Byzantium => SpecId::BYZANTIUM,
        Fork::Petersburg => SpecId::PETERSBURG,
        Fork::Istanbul => SpecId::ISTANBUL,
        Fork::Berlin => SpecId::BERLIN,
        Fork::London => SpecId::LONDON,
        Fork::Paris => SpecId::MERGE,
        Fork::Shanghai => SpecId::SHANGHAI,
        Fork::Cancun => SpecId::CANCUN,
        Fork::Prague => SpecId::PRAGUE,
        Fork::Osaka => SpecId::OSAKA,
    }
}

pub(super) fn block(environment: &Environment) -> BlockEnv {
    let spec = spec(environment.fork);
    BlockEnv {
        number: U256::from(environment.number),
        beneficiary: environment.beneficiary,
        timestamp: U256::from(environment.timestamp),
        gas_limit: environment.gas_limit,
        basefee: environment.base_fee,
        difficulty: environment.difficulty,
        prevrandao: Some(environment.prev_randao),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice::new_with_spec(
            environment.blob_excess_gas,
            spec,
        )),
        slot_num: 0,
    }
}

/// Puts a transaction in the place of the one before it, whose memory is used again.
pub(super) fn fill(place: &mut TxEnv, transaction: &Verified, terms: &Terms) {
    let fields = transaction.fields();
    // With one price for all, what contention may cost would go to the producer.
    let one_price =
        matches!(fields.kind, Kind::Legacy | Kind::AccessList) && terms.price() == fields.max_fee_per_gas;
    place.tx_type = match fields.kind {
        Kind::Legacy | Kind::AccessList if !one_price => Kind::DynamicFee as u8,
        Kind::Declared => Kind::DynamicFee as u8,
        kind => kind as u8,
    };
    place.caller = transaction.sender();
    place.gas_limit = fields.gas_limit;
    place.gas_price = fields.max_fee_per_gas;
    place.gas_priority_fee = (!one_price).then_some(terms.tip());
    place.kind = fields.to.map_or(TxKind::Create, TxKind::Call);
    place.value = fields.value;
    place.data.clone_from(&fields.input);
    place.nonce = fields.nonce;
    place.chain_id = fields.chain_id;
    fill_list(&mut place.access_list.0, fields);
    place.authorization_list.clear();
    place.authorization_list.extend(fields.authorizations.iter().map(|given| {
        let inner = Authorization { chain_id: given.chain_id, address: given.address, nonce: given.nonce };
        Either::Left(SignedAuthorization::new_unchecked(inner, given.y_parity, given.r, given.s))
    }));
}

/// The same for its lists.
fn fill_list(place: &mut Vec<AccessListItem>, fields: &Fields) {
    place.resize_with(fields.reads.len() + fields.writes.len(), AccessListItem::default);
    for (item, listed) in place.iter_mut().zip(fields.reads.iter().chain(&fields.writes)) {
        item.address = listed.address;
        item.storage_keys.clear();
        item.storage_keys.extend(listed.slots.iter().map(|slot| B256::from(*slot)));
    }
}

/// Why a transaction could not run.
pub(super) fn reject(invalid: &InvalidTransaction) -> Reject {
    use InvalidTransaction as Invalid;
    match invalid {
        Invalid::NonceTooLow { .. } => Reject::StaleNonce,
        Invalid::NonceTooHigh { .. } => Reject::NonceGap,
        Invalid::NonceOverflowInTransaction => Reject::NonceTooHigh,
        Invalid::LackOfFundForMaxFee { .. } | Invalid::OverflowPaymentInTransaction => {
            Reject::InsufficientFunds
        }
        Invalid::RejectCallerWithCode => Reject::SenderIsContract,
        Invalid::GasPriceLessThanBasefee => Reject::FeeTooLow,
        Invalid::PriorityFeeGreaterThanMaxFee => Reject::FeeFields,
        Invalid::CallGasCostMoreThanGasLimit { .. } | Invalid::GasFloorMoreThanGasLimit { .. } => {
            Reject::IntrinsicGas
        }
        Invalid::CallerGasLimitMoreThanBlock | Invalid::TxGasLimitGreaterThanCap { .. } => {
            Reject::GasLimitTooHigh
        }
        Invalid::CreateInitCodeSizeLimit => Reject::InitCodeTooLarge,
        Invalid::InvalidChainId => Reject::WrongChain,
        Invalid::MissingChainId => Reject::Unprotected,
        Invalid::EmptyAuthorizationList => Reject::Authorizations,
        _ => Reject::UnknownType,
    }
}
