// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A bucket that empties with use and refills with time
/// @notice Its whole state is one instant: when it will be full again. Taking an amount moves that instant into the future by the time that
/// the refill needs to make up for it; the bucket is empty when the instant is `capacity / refill` away. In any window of `t` seconds
/// no more than `capacity + refillPerDay * t / 1 days` can be taken, exactly: every rounding is against the taker.
/// @dev Instants are in ticks of 2^-16 seconds since 1970. They fit 48 bits until 2105; the caller must keep
/// `capacity <= refillPerDay * MAX_DAYS_TO_REFILL`, or an empty bucket would lie beyond them, and amount, capacity and
/// refill below 2^130.
library RefillBucket {
    /// @dev An empty bucket must be full again within this.
    uint256 internal constant MAX_DAYS_TO_REFILL = 365;

    uint256 private constant TICK_BITS = 16;
    uint256 private constant TICKS_PER_DAY = 1 days << TICK_BITS;

    /// @notice The bucket does not hold that much.
    error BucketTooLow(uint256 requested, uint256 available);

    /// @notice Takes an amount out.
    /// @return The new instant at which the bucket will be full. Reverts with `BucketTooLow`.
    function take(
        uint48 fullAt,
        uint256 amount,
        uint256 capacity,
        uint256 refillPerDay,
        uint256 timestamp
    ) internal pure returns (uint48) {
        unchecked {
            // Products stay below 2^180: amounts < 2^130, instants < 2^49, ticks per day < 2^33.
            uint256 current = timestamp << TICK_BITS;
            uint256 debt = fullAt > current ? fullAt - current : 0;
            uint256 ticks = amount * TICKS_PER_DAY;
            uint256 cost;
            // Rounds up. Without a refill there is no capacity either, so the check below refuses what is divided by zero here; saves the
            // compiler's check for that and ours, 65 gas.
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                cost := div(add(ticks, sub(refillPerDay, 1)), refillPerDay)
            }
            uint256 instant = current + debt + cost;
            // Exact for this taker, so that a full bucket gives all of its capacity; the rounding is left to the next.
            if (ticks + debt * refillPerDay > capacity * TICKS_PER_DAY || instant > type(uint48).max)
                revert BucketTooLow(amount, available(fullAt, capacity, refillPerDay, timestamp));
            return uint48(instant);
        }
    }

    /// @notice What could be taken now.
    function available(uint48 fullAt, uint256 capacity, uint256 refillPerDay, uint256 timestamp) internal pure returns (uint256) {
        if (refillPerDay == 0) return 0;
        uint256 all = capacity * TICKS_PER_DAY;
        uint256 used = _debt(fullAt, timestamp) * refillPerDay;
        return used < all ? (all - used) / TICKS_PER_DAY : 0;
    }

    /// @notice The bucket under new limits: what was taken stays taken.
    function rescale(
        uint48 fullAt,
        uint256 oldRefillPerDay,
        uint256 capacity,
        uint256 refillPerDay,
        uint256 timestamp
    ) internal pure returns (uint48) {
        // Nothing was ever taken, or nothing can be.
        if (fullAt == 0 || refillPerDay == 0) return fullAt;
        // Without the old refill it cannot be told how much was taken, so it counts as all.
        uint256 used = oldRefillPerDay == 0 ? capacity * TICKS_PER_DAY : _debt(fullAt, timestamp) * oldRefillPerDay;
        uint256 debt = (used + refillPerDay - 1) / refillPerDay;
        uint256 longest = MAX_DAYS_TO_REFILL * TICKS_PER_DAY;
        uint256 instant = (timestamp << TICK_BITS) + (debt < longest ? debt : longest);
        return instant < type(uint48).max ? uint48(instant) : type(uint48).max;
    }

    function _debt(uint48 fullAt, uint256 timestamp) private pure returns (uint256) {
        uint256 current = timestamp << TICK_BITS;
        return fullAt > current ? fullAt - current : 0;
    }
}
