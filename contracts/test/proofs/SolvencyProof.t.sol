// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The balance of one token against what the escrow owes of it. The token pays or refuses as it likes, and anyone may donate.
contract SolvencyProof {
    uint256 private _owed;
    uint256 private _balance;

    function donate(uint256 amount) external {
        _balance += amount;
    }

    /// What was not received in full is refused.
    function lock(uint256 amount) external {
        _owed += amount;
        _balance += amount;
    }

    function end(uint256 amount, bool tokenRefuses) external {
        _owed -= amount;
        if (tokenRefuses) _owed += amount;
        else _balance -= amount;
    }

    function claim(uint256 amount) external {
        _owed -= amount;
        _balance -= amount;
    }

    function rescue(uint256 amount) external {
        uint256 surplus = _balance > _owed ? _balance - _owed : 0;
        require(amount <= surplus);
        _balance -= amount;
    }

    function theBalanceCoversWhatIsOwed() external view {
        assert(_balance >= _owed);
    }
}
