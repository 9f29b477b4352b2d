//! Prices of hot keys: held equal to a plain model, at their bounds, and against who would play with them.

#[path = "prices/any.rs"]
mod any;
#[path = "prices/cap.rs"]
mod cap;
#[path = "prices/claims.rs"]
mod claims;
#[path = "common/declared.rs"]
mod declared;
#[path = "prices/fee.rs"]
mod fee;
#[path = "prices/model.rs"]
mod model;
#[path = "prices/quote.rs"]
mod quote;
#[path = "common/rlp.rs"]
#[expect(dead_code, reason = "these transactions are only encoded")]
mod rlp;
#[path = "prices/rule.rs"]
mod rule;
#[path = "prices/table.rs"]
mod table;
#[path = "prices/terms.rs"]
mod terms;
#[path = "prices/usage.rs"]
mod usage;
