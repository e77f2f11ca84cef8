// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An amount with few significant digits in two bytes: `mantissa * 10^exponent`, the mantissa in the low ten bits.
/// @dev Limits are round numbers by nature. Written like this, three of them share a slot with everything that a payout writes anyway,
/// which saves each payout a cold read (2,100 gas) for every limit that it obeys.
type RoundAmount is uint16;

/// @notice The amount has too many significant digits: at most 1,023 times a power of ten up to 10^36 can be told.
error AmountNotRound(uint256 amount);

using RoundAmounts for RoundAmount global;

/// @title Amounts of few digits
library RoundAmounts {
    uint256 private constant MANTISSA_BITS = 10;
    uint256 private constant MAX_MANTISSA = 2 ** MANTISSA_BITS - 1;
    uint256 private constant MAX_EXPONENT = 36;

    /// @dev Exact or refused, never rounded: who sets a limit must get that limit. One amount has one encoding, the one with the
    /// smallest exponent.
    function encode(uint256 amount) internal pure returns (RoundAmount) {
        uint256 mantissa = amount;
        uint256 exponent = 0;
        while (mantissa > MAX_MANTISSA) {
            if (!(mantissa % 10 == 0 && exponent < MAX_EXPONENT)) revert AmountNotRound(amount);
            mantissa /= 10;
            ++exponent;
        }
        // Six bits of exponent above ten of mantissa: sixteen.
        return RoundAmount.wrap(uint16((exponent << MANTISSA_BITS) | mantissa));
    }

    /// @dev Below 2^130 for whatever `encode` gave, and cannot overflow for any other sixteen bits.
    function decode(RoundAmount round) internal pure returns (uint256) {
        uint256 raw = RoundAmount.unwrap(round);
        unchecked {
            return (raw & MAX_MANTISSA) * 10 ** (raw >> MANTISSA_BITS);
        }
    }
}
