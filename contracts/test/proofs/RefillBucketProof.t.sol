// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RefillBucket} from "../../libraries/RefillBucket.sol";

/// @dev The bucket of releases and commits, for every instant and all limits that its bounds allow.
contract RefillBucketProof {
    function neverHoldsMoreThanItsCapacity(
        uint48 fullAt,
        uint256 capacity,
        uint256 refillPerDay,
        uint256 timestamp
    ) external pure {
        require(capacity < 2 ** 130 && refillPerDay < 2 ** 130 && timestamp < 2 ** 32);
        assert(RefillBucket.available(fullAt, capacity, refillPerDay, timestamp) <= capacity);
    }

    function isFullWhenItsInstantHasCome(uint48 fullAt, uint256 capacity, uint256 refillPerDay, uint256 timestamp) external pure {
        require(capacity < 2 ** 130 && refillPerDay > 0 && refillPerDay < 2 ** 130 && timestamp < 2 ** 32);
        require(fullAt <= timestamp * 2 ** 16);
        assert(RefillBucket.available(fullAt, capacity, refillPerDay, timestamp) == capacity);
    }
}
