// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// A race on one clock. Each player writes its own slot and nobody else's; a tick reads the slots of many players and
/// writes the clock. A player that looks at the clock meets every tick.
contract Game {
    struct Player {
        uint128 place;
        uint128 movedAt;
    }

    uint128 public ticks;
    /// The furthest place that any tick has seen.
    uint128 public furthest;
    mapping(address owner => Player) public players;

    event Moved(address indexed player, uint256 place);
    event Ticked(uint256 indexed ticks, uint256 furthest);

    /// Goes some steps on.
    function move(uint128 steps) external {
        uint128 place = players[msg.sender].place + steps;
        players[msg.sender].place = place;
        emit Moved(msg.sender, place);
    }

    /// Goes some steps on, and notes by the clock when that was.
    function moveByClock(uint128 steps) external {
        uint128 place = players[msg.sender].place + steps;
        players[msg.sender] = Player(place, ticks);
        emit Moved(msg.sender, place);
    }

    /// Moves the clock on, and looks how far these players have come.
    function tick(address[] calldata watched) external {
        (uint128 next, uint128 first) = (ticks + 1, furthest);
        for (uint256 i = 0; i < watched.length; i++) {
            uint128 place = players[watched[i]].place;
            if (place > first) first = place;
        }
        (ticks, furthest) = (next, first);
        emit Ticked(next, first);
    }
}
