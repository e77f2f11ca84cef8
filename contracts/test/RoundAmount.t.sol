// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AmountNotRound, RoundAmount, RoundAmounts} from "../libraries/RoundAmount.sol";
import {vm} from "./support/Vm.t.sol";

contract RoundAmountTest {
    function testFuzz_WhatCanBeToldIsToldExactly(uint256 mantissa, uint256 exponent) public pure {
        uint256 amount = (mantissa % 1_024) * 10 ** (exponent % 37);
        vm.assertEq(RoundAmounts.encode(amount).decode(), amount, "amount");
    }

    /// @dev Never rounded: whoever sets a limit gets that limit or a refusal.
    function testFuzz_AllElseIsRefused(uint256 amount) public {
        // Of every size, not only the very large.
        amount = (amount >> 8) >> (amount % 240);
        if (_canBeTold(amount)) {
            vm.assertEq(this.encode(amount).decode(), amount, "amount");
        } else {
            vm.expectRevert(abi.encodeWithSelector(AmountNotRound.selector, amount));
            this.encode(amount);
        }
    }

    function test_TellsTheSmallestAndTheLargest() public {
        vm.assertEq(RoundAmounts.encode(0).decode(), 0, "zero");
        vm.assertEq(RoundAmounts.encode(1_023e36).decode(), 1_023e36, "largest");
        uint256[4] memory refused = [uint256(1_024), 10_240, 1_023e37, 1_001e36 + 1];
        for (uint256 i = 0; i < refused.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(AmountNotRound.selector, refused[i]));
            this.encode(refused[i]);
        }
    }

    /// @dev Sixteen bits that no one encoded decode all the same, to what fits: reading limits must not revert.
    function testFuzz_DecodesAnySixteenBits(uint16 raw) public pure {
        vm.assertEq(RoundAmount.wrap(raw).decode(), (raw % 1_024) * 10 ** (raw / 1_024), "amount");
    }

    function encode(uint256 amount) external pure returns (RoundAmount) {
        return RoundAmounts.encode(amount);
    }

    function _canBeTold(uint256 amount) private pure returns (bool) {
        for (uint256 exponent = 0; exponent <= 36; ++exponent)
            if (amount % 10 ** exponent == 0 && amount / 10 ** exponent < 1_024) return true;
        return false;
    }
}
