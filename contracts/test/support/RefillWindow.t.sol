// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Limits} from "../../interfaces/IEscrow.sol";

/// @dev The largest excess over the refill of all windows that end now. With `a` taken at the times `t`, and `r` refilled per second,
/// it is `max over i of (sum of a[i..n]) - r * (t[n] - t[i])`: what a window may take is bounded by the capacity exactly if this is.
/// Kept from one take to the next, so that all windows are looked at in a few steps. Times one day, to stay whole.
struct RefillWindow {
    uint256 excess;
    uint256 since;
}

using RefillWindows for RefillWindow global;

library RefillWindows {
    uint256 private constant MAX_DAYS_TO_REFILL = 365;

    function take(RefillWindow storage window, uint256 amount, Limits memory limits, uint256 timestamp) internal {
        _decay(window, limits.refillPerDay, timestamp);
        window.excess += amount * 1 days;
        require(window.excess <= limits.capacity * 1 days, "a window in which more left than its capacity and refill");
    }

    /// @dev What was taken stays taken, but for what a year of the new refill, or an unknown debt, makes up for.
    function change(RefillWindow storage window, Limits memory from, Limits memory to, uint256 timestamp) internal {
        _decay(window, from.refillPerDay, timestamp);
        if (to.refillPerDay == 0) return;
        uint256 most = (from.refillPerDay == 0 ? to.capacity : MAX_DAYS_TO_REFILL * to.refillPerDay) * 1 days;
        if (window.excess > most) window.excess = most;
    }

    /// @dev What could be taken at the time of the last take or change.
    function left(RefillWindow storage window, Limits memory limits) internal view returns (uint256) {
        uint256 all = limits.capacity * 1 days;
        return window.excess < all ? (all - window.excess) / 1 days : 0;
    }

    function _decay(RefillWindow storage window, uint256 refillPerDay, uint256 timestamp) private {
        uint256 refilled = refillPerDay * (timestamp - window.since);
        window.excess = window.excess > refilled ? window.excess - refilled : 0;
        window.since = timestamp;
    }
}
