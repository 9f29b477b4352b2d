// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// Pools of two assets, numbered, whose books it keeps itself. The product of a pool's reserves never falls; a swap pays
/// 0.3 %. It touches three slots: the pool's reserves, which all its swaps share, and the trader's two balances.
contract Exchange {
    struct Pool {
        uint128 reserve0;
        uint128 reserve1;
    }

    mapping(uint256 id => Pool) public pools;
    mapping(address owner => uint256) public balance0;
    mapping(address owner => uint256) public balance1;

    event Swap(uint256 indexed pool, address indexed trader, bool zeroForOne, uint256 amountIn, uint256 amountOut);

    error InsufficientBalance(address trader, uint256 balance, uint256 needed);
    error InsufficientOutput(uint256 amountOut, uint256 wanted);

    /// Gives `amountIn` of one asset for at least `amountOutMin` of the other.
    function swap(uint256 id, bool zeroForOne, uint256 amountIn, uint256 amountOutMin)
        external
        returns (uint256 amountOut)
    {
        Pool storage pool = pools[id];
        (uint256 reserve0, uint256 reserve1) = (pool.reserve0, pool.reserve1);
        (uint256 reserveIn, uint256 reserveOut) = zeroForOne ? (reserve0, reserve1) : (reserve1, reserve0);
        uint256 paid = amountIn * 997;
        amountOut = (paid * reserveOut) / (reserveIn * 1000 + paid);
        if (amountOut == 0 || amountOut < amountOutMin) revert InsufficientOutput(amountOut, amountOutMin);

        take(zeroForOne ? balance0 : balance1, amountIn);
        mapping(address => uint256) storage balanceOut = zeroForOne ? balance1 : balance0;
        balanceOut[msg.sender] += amountOut;
        setReserves(pool, zeroForOne, reserveIn + amountIn, reserveOut - amountOut);
        emit Swap(id, msg.sender, zeroForOne, amountIn, amountOut);
    }

    function take(mapping(address => uint256) storage balances, uint256 amount) private {
        uint256 balance = balances[msg.sender];
        if (balance < amount) revert InsufficientBalance(msg.sender, balance, amount);
        unchecked {
            balances[msg.sender] = balance - amount;
        }
    }

    function setReserves(Pool storage pool, bool zeroForOne, uint256 reserveIn, uint256 reserveOut) private {
        require(reserveIn <= type(uint128).max, "reserve overflows");
        (uint256 next0, uint256 next1) = zeroForOne ? (reserveIn, reserveOut) : (reserveOut, reserveIn);
        (pool.reserve0, pool.reserve1) = (uint128(next0), uint128(next1));
    }
}
