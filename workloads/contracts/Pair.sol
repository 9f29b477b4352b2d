// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// A market of two assets that it keeps the books of itself. The product of the reserves never falls; a swap pays 0.3 %.
/// It touches three slots: the reserves, which all swaps share, and the trader's two balances.
contract Pair {
    uint128 public reserve0;
    uint128 public reserve1;
    mapping(address owner => uint256) public balance0;
    mapping(address owner => uint256) public balance1;

    event Swap(address indexed trader, bool zeroForOne, uint256 amountIn, uint256 amountOut);

    error InsufficientBalance(address trader, uint256 balance, uint256 needed);
    error InsufficientOutput(uint256 amountOut, uint256 wanted);

    /// Gives `amountIn` of one asset for at least `amountOutMin` of the other.
    function swap(bool zeroForOne, uint256 amountIn, uint256 amountOutMin) external returns (uint256 amountOut) {
        (uint256 reserveIn, uint256 reserveOut) = zeroForOne ? (reserve0, reserve1) : (reserve1, reserve0);
        uint256 paid = amountIn * 997;
        amountOut = (paid * reserveOut) / (reserveIn * 1000 + paid);
        if (amountOut == 0 || amountOut < amountOutMin) revert InsufficientOutput(amountOut, amountOutMin);

        take(zeroForOne ? balance0 : balance1, amountIn);
        mapping(address => uint256) storage balanceOut = zeroForOne ? balance1 : balance0;
        balanceOut[msg.sender] += amountOut;
        setReserves(zeroForOne, reserveIn + amountIn, reserveOut - amountOut);
        emit Swap(msg.sender, zeroForOne, amountIn, amountOut);
    }

    function take(mapping(address => uint256) storage balances, uint256 amount) private {
        uint256 balance = balances[msg.sender];
        if (balance < amount) revert InsufficientBalance(msg.sender, balance, amount);
        unchecked {
            balances[msg.sender] = balance - amount;
        }
    }

    function setReserves(bool zeroForOne, uint256 reserveIn, uint256 reserveOut) private {
        require(reserveIn <= type(uint128).max, "reserve overflows");
        (uint256 next0, uint256 next1) = zeroForOne ? (reserveIn, reserveOut) : (reserveOut, reserveIn);
        (reserve0, reserve1) = (uint128(next0), uint128(next1));
    }
}
