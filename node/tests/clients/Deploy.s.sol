// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

import {Tally} from "../src/Tally.sol";

interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// Deploys a tally and adds to it 1,000 times, for `forge script`.
contract Deploy {
    Vm constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    function run() external {
        vm.startBroadcast();
        Tally tally = new Tally(1);
        for (uint256 index = 0; index < 1_000; index++) {
            tally.add(index);
        }
        vm.stopBroadcast();
        require(tally.total() == 499_501, "it adds up");
    }
}
