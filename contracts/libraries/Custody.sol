// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundAmount} from "./RoundAmount.sol";

/// @notice Everything that lock, commit and payouts read and write about a token, in one word.
///
///     bits    0..95  owed                  open escrows and credits: what the balance must cover
///            96..143 fullAt                when the bucket of releases and commits will be full; see RefillBucket
///           144..159 capacity              of that bucket, a RoundAmount
///           160..175 refillPerDay          of that bucket, a RoundAmount
///           176..191 attestationThreshold  a RoundAmount
///           192..199 attestationQuorum
///           200      allowed
///           201      paused
///           216..255 sequence              on top, so that it could not grow into another field
///
/// @dev A word of our own and not a struct, because the compiler reads and writes a packed struct field by field: on a release that is
/// 1,900 gas more. A pause and limits here, not in slots of their own, save a cold read (2,100 gas) each.
type Custody is uint256;

using Custodies for Custody global;

/// @title Fields of a custody word
library Custodies {
    uint256 private constant FULL_AT = 96;
    uint256 private constant CAPACITY = 144;
    uint256 private constant REFILL = 160;
    uint256 private constant THRESHOLD = 176;
    uint256 private constant QUORUM = 192;
    uint256 private constant ALLOWED = 200;
    uint256 private constant PAUSED = 201;
    uint256 private constant SEQUENCE = 216;

    uint256 internal constant MAX_OWED = type(uint96).max;

    function owed(Custody custody) internal pure returns (uint256) {
        return uint96(Custody.unwrap(custody));
    }

    function fullAt(Custody custody) internal pure returns (uint48) {
        return uint48(Custody.unwrap(custody) >> FULL_AT);
    }

    function capacity(Custody custody) internal pure returns (RoundAmount) {
        return RoundAmount.wrap(uint16(Custody.unwrap(custody) >> CAPACITY));
    }

    function refillPerDay(Custody custody) internal pure returns (RoundAmount) {
        return RoundAmount.wrap(uint16(Custody.unwrap(custody) >> REFILL));
    }

    function attestationThreshold(Custody custody) internal pure returns (RoundAmount) {
        return RoundAmount.wrap(uint16(Custody.unwrap(custody) >> THRESHOLD));
    }

    function attestationQuorum(Custody custody) internal pure returns (uint8) {
        return uint8(Custody.unwrap(custody) >> QUORUM);
    }

    function allowed(Custody custody) internal pure returns (bool) {
        return (Custody.unwrap(custody) >> ALLOWED) & 1 != 0;
    }

    function paused(Custody custody) internal pure returns (bool) {
        return (Custody.unwrap(custody) >> PAUSED) & 1 != 0;
    }

    function sequence(Custody custody) internal pure returns (uint40) {
        return uint40(Custody.unwrap(custody) >> SEQUENCE);
    }

    /// @dev The caller has checked that the sum stays within MAX_OWED.
    function owing(Custody custody, uint256 amount) internal pure returns (Custody) {
        unchecked {
            return Custody.wrap(Custody.unwrap(custody) + amount);
        }
    }

    /// @dev Of an amount that is part of `owed`.
    function discharged(Custody custody, uint256 amount) internal pure returns (Custody) {
        assert(amount <= owed(custody));
        unchecked {
            return Custody.wrap(Custody.unwrap(custody) - amount);
        }
    }

    /// @dev With the next number for the event that is about to be told.
    function next(Custody custody) internal pure returns (Custody) {
        unchecked {
            return Custody.wrap(Custody.unwrap(custody) + (1 << SEQUENCE));
        }
    }

    function withFullAt(Custody custody, uint48 instant) internal pure returns (Custody) {
        return _with(custody, FULL_AT, type(uint48).max, instant);
    }

    function withAllowed(Custody custody, bool value) internal pure returns (Custody) {
        return _with(custody, ALLOWED, 1, value ? 1 : 0);
    }

    function withPaused(Custody custody, bool value) internal pure returns (Custody) {
        return _with(custody, PAUSED, 1, value ? 1 : 0);
    }

    function withLimits(
        Custody custody,
        RoundAmount newCapacity,
        RoundAmount newRefillPerDay,
        RoundAmount newThreshold,
        uint8 newQuorum
    ) internal pure returns (Custody) {
        custody = _with(custody, CAPACITY, type(uint16).max, RoundAmount.unwrap(newCapacity));
        custody = _with(custody, REFILL, type(uint16).max, RoundAmount.unwrap(newRefillPerDay));
        custody = _with(custody, THRESHOLD, type(uint16).max, RoundAmount.unwrap(newThreshold));
        return _with(custody, QUORUM, type(uint8).max, newQuorum);
    }

    function _with(Custody custody, uint256 shift, uint256 mask, uint256 value) private pure returns (Custody) {
        return Custody.wrap((Custody.unwrap(custody) & ~(mask << shift)) | (value << shift));
    }
}
