//! `docs/rpc.md` speaks of every method that there is, and of none that there is not.

use std::collections::BTreeSet;

#[test]
fn every_method_is_described_and_nothing_else() {
    let text = include_str!("../../../docs/rpc.md");
    let described: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split('`').next())
        .filter(|name| name.contains('_'))
        .collect();
    let there: BTreeSet<&str> = pelton_node::rpc::names().into_iter().collect();
    assert_eq!(described, there);
}
