// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @dev Delivers `amount + skew`: less is a token that keeps a fee, more is one that rebases on transfer.
contract SkewedToken is ERC20("Skewed", "SKEW") {
    int256 private immutable _skew;

    constructor(int256 skew) {
        _skew = skew;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from == address(0)) return;
        if (_skew < 0) super._update(to, address(0xdead), uint256(-_skew));
        else super._update(address(0), to, uint256(_skew));
    }
}

/// @dev Says `false` instead of reverting, and moves nothing, when told to fail.
contract SilentToken is ERC20("Silent", "HUSH") {
    bool private _failing;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setFailing(bool failing) external {
        _failing = failing;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        return _failing ? false : super.transfer(to, value);
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        return _failing ? false : super.transferFrom(from, to, value);
    }
}

/// @dev Moves nothing and calls it a success.
contract LyingToken is ERC20("Lying", "LIE") {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// @dev Calls back once, in the middle of the next transfer, and either lets the refusal through or swallows it.
contract ReentrantToken is ERC20("Reentrant", "LOOP") {
    address private _target;
    bytes private _call;
    bool private _swallow;

    /// @notice What the escrow answered to the call that was swallowed.
    bytes public answer;
    /// @notice Whether that call went through.
    bool public succeeded;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function approveFor(address owner, address spender, uint256 amount) external {
        _approve(owner, spender, amount);
    }

    function arm(address target, bytes calldata call, bool swallow) external {
        _target = target;
        _call = call;
        _swallow = swallow;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (_target != address(0)) {
            address target = _target;
            _target = address(0);
            if (_swallow) (succeeded, answer) = target.call(_call);
            else Address.functionCall(target, _call);
        }
        super._update(from, to, value);
    }
}
