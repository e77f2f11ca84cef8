// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What the escrow owes of one token: any one escrow of it among all others, and the credits.
contract BooksProof {
    uint256 private immutable AMOUNT;
    /// What the one escrow holds: nothing, or its amount.
    uint256 private _mine;
    /// What all other open escrows hold.
    uint256 private _others;
    uint256 private _credited;
    uint256 private _owed;

    constructor(uint256 amount) {
        AMOUNT = amount;
    }

    function lock() external {
        require(_mine == 0);
        _mine = AMOUNT;
        _owed += AMOUNT;
    }

    function lockAnother(uint256 amount) external {
        _others += amount;
        _owed += amount;
    }

    function end(bool tokenRefuses) external {
        uint256 amount = _mine;
        _mine = 0;
        _payOut(amount, tokenRefuses);
    }

    function endAnother(uint256 amount, bool tokenRefuses) external {
        _others -= amount;
        _payOut(amount, tokenRefuses);
    }

    function claim(uint256 amount) external {
        _credited -= amount;
        _owed -= amount;
    }

    /// `totalLocked` is what is owed without the credits.
    function whatIsLockedIsTheSumOfTheOpenEscrows() external view {
        assert(_owed - _credited == _mine + _others);
    }

    /// With SolvencyProof: the balance covers any one of them, whatever became of the others.
    function anOpenEscrowIsOwed() external view {
        assert(_owed >= _mine);
    }

    function _payOut(uint256 amount, bool tokenRefuses) private {
        _owed -= amount;
        if (!tokenRefuses) return;
        _credited += amount;
        _owed += amount;
    }
}
