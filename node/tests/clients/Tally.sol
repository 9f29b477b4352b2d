// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

/// Adds up what it is given, and says so.
contract Tally {
    event Added(address indexed by, uint256 value, uint256 total);

    uint256 public total;

    constructor(uint256 first) payable {
        total = first;
    }

    function add(uint256 value) external returns (uint256) {
        require(value < 1_000_000, "too much");
        total += value;
        emit Added(msg.sender, value, total);
        return total;
    }
}
