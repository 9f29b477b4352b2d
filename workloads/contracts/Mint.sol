// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// A limited edition of collectibles that anyone may mint, numbered by one counter that all mints fight over. Once all
/// are gone, whoever still wants one is turned away.
contract Mint {
    uint128 public minted;
    uint128 public supply;
    mapping(uint256 id => address) public ownerOf;
    mapping(address owner => uint256) public balanceOf;

    string public constant name = "Pelton Wheel";
    string public constant symbol = "WHEEL";

    event Transfer(address indexed from, address indexed to, uint256 indexed id);

    error SoldOut(uint256 supply);
    error NotOwner(address caller, uint256 id);

    function mint() external returns (uint256 id) {
        id = minted;
        if (id >= supply) revert SoldOut(supply);
        unchecked {
            minted = uint128(id + 1);
            balanceOf[msg.sender] += 1;
        }
        ownerOf[id] = msg.sender;
        emit Transfer(address(0), msg.sender, id);
    }

    function transfer(address to, uint256 id) external {
        if (ownerOf[id] != msg.sender) revert NotOwner(msg.sender, id);
        unchecked {
            balanceOf[msg.sender] -= 1;
            balanceOf[to] += 1;
        }
        ownerOf[id] = to;
        emit Transfer(msg.sender, to, id);
    }
}
