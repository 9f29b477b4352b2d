// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// Loans against collateral, at one price that all of them read. A loan whose collateral is worth less than one and a half
/// times its debt may be closed by anyone: who pays the debt gets collateral worth a tenth more. Only the first one can;
/// all others come too late. It touches the price, the loan, and the caller's two balances.
contract Loans {
    struct Loan {
        uint128 collateral;
        uint128 debt;
    }

    /// What a unit of collateral is worth, in thousandths of a unit of debt.
    uint256 public price;
    mapping(uint256 id => Loan) public loans;
    mapping(address owner => uint256) public cash;
    mapping(address owner => uint256) public collateral;

    event Liquidation(uint256 indexed id, address indexed liquidator, uint256 debt, uint256 seized);

    error NothingOwed(uint256 id);
    error Healthy(uint256 id, uint256 worth, uint256 debt);
    error InsufficientCash(address liquidator, uint256 cash, uint256 needed);

    function liquidate(uint256 id) external returns (uint256 seized) {
        Loan storage loan = loans[id];
        (uint256 held, uint256 debt) = (loan.collateral, loan.debt);
        if (debt == 0) revert NothingOwed(id);
        uint256 worth = (held * price) / 1000;
        if (worth * 2 >= debt * 3) revert Healthy(id, worth, debt);

        uint256 balance = cash[msg.sender];
        if (balance < debt) revert InsufficientCash(msg.sender, balance, debt);
        seized = (debt * 1100) / price;
        if (seized > held) seized = held;
        cash[msg.sender] = balance - debt;
        collateral[msg.sender] += seized;
        (loan.collateral, loan.debt) = (uint128(held - seized), 0);
        emit Liquidation(id, msg.sender, debt, seized);
    }
}
