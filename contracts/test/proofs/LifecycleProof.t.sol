// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OnExpiry} from "../../interfaces/IEscrow.sol";
import {Lifecycle} from "../../libraries/Lifecycle.sol";

/// @dev Any one escrow, whoever calls whatever in whatever order: what the solver shows of this one holds for each. The rules are the
/// contract's own {Lifecycle}; that the contract's calls ask them as the functions here do is what the invariant tests compare.
contract LifecycleProof {
    uint256 private _status;
    uint64 private immutable REFUND_AFTER;
    uint64 private immutable HARD_DEADLINE;
    OnExpiry private immutable ON_EXPIRY;
    uint64 private _time;
    bool private _paused;
    uint256 private _paidToPayer;
    uint256 private _paidToPayee;

    constructor(uint64 time, uint64 refundAfter, uint64 hardDeadline, OnExpiry onExpiry) {
        // A lock of anything else is refused.
        require(time < refundAfter && refundAfter <= hardDeadline);
        _time = time;
        REFUND_AFTER = refundAfter;
        HARD_DEADLINE = hardDeadline;
        ON_EXPIRY = onExpiry;
    }

    function passTime(uint64 time) external {
        require(time >= _time);
        _time = time;
    }

    function setPaused(bool paused) external {
        _paused = paused;
    }

    function lock() external {
        require(_status == Lifecycle.NONE && !_paused && _time < REFUND_AFTER);
        _status = Lifecycle.LOCKED;
    }

    function commit() external {
        require(_status == Lifecycle.LOCKED && !_paused && _time < REFUND_AFTER);
        _status = Lifecycle.COMMITTED;
    }

    function release() external {
        require(Lifecycle.isOpen(_status) && !_paused);
        _end(Lifecycle.RELEASED);
    }

    function refund() external {
        require(Lifecycle.isOpen(_status));
        _end(Lifecycle.REFUNDED);
    }

    /// By anyone. Nobody but the operator ends a locked escrow before its soft deadline, or a committed one before its hard deadline.
    function expire() external {
        require(Lifecycle.isOpen(_status) && _time >= _deadline());
        if (_status == Lifecycle.COMMITTED) assert(_time >= HARD_DEADLINE);
        else assert(_time >= REFUND_AFTER);
        _end(Lifecycle.exitOf(_status, ON_EXPIRY));
    }

    /// It is paid once at most, to its payer or to its payee, and only when its end says so.
    function endsOnce() external view {
        assert(_paidToPayee == (_status == Lifecycle.RELEASED ? 1 : 0));
        assert(_paidToPayer == (_status == Lifecycle.REFUNDED ? 1 : 0));
    }

    /// From the hard deadline on an open escrow has an exit that asks for no key and for no pause.
    function hasAnExit() external view {
        if (Lifecycle.isOpen(_status) && _time >= HARD_DEADLINE) assert(_time >= _deadline());
    }

    /// The exit is the one that the terms name; without a commit it is the refund.
    function takesTheExitOfTheTerms(OnExpiry onExpiry) external pure {
        assert(Lifecycle.exitOf(Lifecycle.LOCKED, onExpiry) == Lifecycle.REFUNDED);
        if (onExpiry == OnExpiry.Refund) assert(Lifecycle.exitOf(Lifecycle.COMMITTED, onExpiry) == Lifecycle.REFUNDED);
        else assert(Lifecycle.exitOf(Lifecycle.COMMITTED, onExpiry) == Lifecycle.RELEASED);
    }

    function _deadline() private view returns (uint64) {
        return Lifecycle.deadlineOf(_status, REFUND_AFTER, HARD_DEADLINE);
    }

    function _end(uint256 status) private {
        _status = status;
        if (status == Lifecycle.RELEASED) ++_paidToPayee;
        else ++_paidToPayer;
    }
}
