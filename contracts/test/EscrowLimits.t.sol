// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RefillBucket} from "../libraries/RefillBucket.sol";
import {AmountNotRound} from "../libraries/RoundAmount.sol";
import {IEscrow, Limits, Status, Terms, TokenState} from "../interfaces/IEscrow.sol";
import {TestDollar} from "./TestDollar.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev Who changes limits how: tighter at once, looser after a delay that everyone can watch.
contract EscrowLimitsTest is EscrowFixture {
    uint64 private constant DUE = START + LIMITS_DELAY;

    function setUp() public override {
        super.setUp();
        escrow = _deploy(address(token), _limits());
    }

    function test_LowerLimitsAreInForceAtOnce() public {
        Limits memory lower = Limits(999e6, 699e6, 99e6, 3);
        _expectLog(address(escrow));
        emit IEscrow.LimitsChanged(address(token), lower, 2);
        _lower(lower);
        _assertInForce(lower);
        _lower(_noLimits());
        _assertInForce(_noLimits());
    }

    function test_TheSameLimitsAreNotLooser() public {
        _lower(_limits());
        _assertInForce(_limits());
    }

    function test_NoComponentMayBeLooser() public {
        _refusesLower(Limits(1_001e6, 700e6, 100e6, 2));
        _refusesLower(Limits(1_000e6, 701e6, 100e6, 2));
        _refusesLower(Limits(1_000e6, 700e6, 101e6, 2));
        _refusesLower(Limits(1_000e6, 700e6, 100e6, 1));
        // Also if all the rest is much tighter.
        _refusesLower(Limits(0, 0, 0, 1));
    }

    /// @dev Nothing satisfies a quorum of zero, so it is above all others.
    function testFuzz_AQuorumOfZeroIsTheStrictest(uint8 quorum) public {
        Limits memory limits = _limits();
        limits.attestationQuorum = 0;
        _lower(limits);
        _assertInForce(limits);
        limits.attestationQuorum = uint8(_bound(quorum, 1, 255));
        _refusesLower(limits);
    }

    function testFuzz_AreLowerOnlyIfEveryComponentIs(uint8[4] memory change) public {
        uint256[3] memory now_ = [uint256(500e6), 400e6, 300e6];
        uint256[3] memory next;
        bool lower = true;
        for (uint256 i = 0; i < 3; ++i) {
            next[i] = now_[i] + (uint256(change[i] % 3) * 1e6) - 1e6;
            lower = lower && next[i] <= now_[i];
        }
        escrow = _deploy(address(token), Limits(now_[0], now_[1], now_[2], 2));
        uint8 quorum = change[3] % 4;
        Limits memory limits = Limits(next[0], next[1], next[2], quorum);
        if (lower && quorum != 1) {
            _lower(limits);
            _assertInForce(limits);
        } else {
            _refusesLower(limits);
        }
    }

    function test_ProposedLimitsAreAppliedAfterTheDelay() public {
        Limits memory higher = Limits(2_000e6, 900e6, 500e6, 1);
        _expectLog(address(escrow));
        emit IEscrow.LimitsProposed(address(token), higher, DUE, 2);
        _propose(higher);
        _assertInForce(_limits());
        _assertProposed(higher, DUE);

        vm.warp(DUE - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.LimitsNotDue.selector, address(token), DUE));
        _apply();
        vm.warp(DUE);
        _expectLog(address(escrow));
        emit IEscrow.LimitsChanged(address(token), higher, 3);
        _apply();
        _assertInForce(higher);
        _assertProposed(_noLimits(), 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoLimitsProposed.selector, address(token)));
        _apply();
    }

    function test_ANewProposalReplacesTheOldOneAndItsDelay() public {
        _propose(Limits(2_000e6, 900e6, 500e6, 1));
        vm.warp(DUE - 1);
        Limits memory other = Limits(3_000e6, 900e6, 500e6, 1);
        _propose(other);
        vm.warp(DUE);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.LimitsNotDue.selector, address(token), DUE - 1 + LIMITS_DELAY));
        _apply();
        vm.warp(DUE - 1 + LIMITS_DELAY);
        _apply();
        _assertInForce(other);
    }

    function test_LimiterAndAdminCancel() public {
        address[2] memory callers = [limiter, admin];
        for (uint40 i = 0; i < callers.length; ++i) {
            _propose(Limits(2_000e6, 900e6, 500e6, 1));
            _expectLog(address(escrow));
            emit IEscrow.LimitsProposalCancelled(address(token), 3 + 2 * i);
            vm.prank(callers[i]);
            escrow.cancelLimits(address(token));
            _assertProposed(_noLimits(), 0);
            vm.warp(DUE);
            vm.expectRevert(abi.encodeWithSelector(IEscrow.NoLimitsProposed.selector, address(token)));
            _apply();
            vm.expectRevert(abi.encodeWithSelector(IEscrow.NoLimitsProposed.selector, address(token)));
            vm.prank(callers[i]);
            escrow.cancelLimits(address(token));
        }
        _assertInForce(_limits());
    }

    /// @dev Else a proposal that waits since calmer days would undo an emergency's lowering.
    function test_LoweringDropsWhatWasProposed() public {
        _propose(Limits(2_000e6, 900e6, 500e6, 1));
        _lower(_noLimits());
        _assertProposed(_noLimits(), 0);
        vm.warp(DUE);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoLimitsProposed.selector, address(token)));
        _apply();
        _assertInForce(_noLimits());
    }

    function testFuzz_OnlyTheLimiterChangesLimits(address caller) public {
        vm.assume(caller != limiter && caller != admin);
        bytes32 role = escrow.LIMITER_ROLE();
        _propose(_limits());
        vm.warp(DUE);
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.lowerLimits(address(token), _noLimits());
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.proposeLimits(address(token), _noLimits());
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.applyLimits(address(token));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CannotCancelLimits.selector, caller));
        vm.prank(caller);
        escrow.cancelLimits(address(token));
    }

    function test_OnlyAListedTokenHasLimits() public {
        address other = address(new TestDollar(admin));
        bytes memory refusal = abi.encodeWithSelector(IEscrow.TokenNotListed.selector, other);
        vm.expectRevert(refusal);
        vm.prank(limiter);
        escrow.lowerLimits(other, _noLimits());
        vm.expectRevert(refusal);
        vm.prank(limiter);
        escrow.proposeLimits(other, _noLimits());
    }

    /// @dev Refused when they are proposed, not two days later.
    function test_RefusesWhatCannotBeTold() public {
        Limits[3] memory all = [_limits(), _limits(), _limits()];
        all[0].capacity = 1_001_001;
        all[1].refillPerDay = 1_001_001;
        all[2].attestationThreshold = 1_001_001;
        for (uint256 i = 0; i < all.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(AmountNotRound.selector, 1_001_001);
            vm.expectRevert(refusal);
            _propose(all[i]);
            vm.expectRevert(refusal);
            _lower(all[i]);
            vm.expectRevert(refusal);
            _deploy(address(token), all[i]);
        }
    }

    function test_RefusesARefillThatNeedsMoreThanAYear() public {
        Limits memory limits = Limits(730e6, 1e6, 100e6, 2);
        bytes memory refusal = abi.encodeWithSelector(IEscrow.RefillTooSlow.selector, limits.capacity, limits.refillPerDay);
        vm.expectRevert(refusal);
        _propose(limits);
        vm.expectRevert(refusal);
        _lower(limits);
        limits = Limits(1, 0, 100e6, 2);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RefillTooSlow.selector, 1, 0));
        _lower(limits);
        limits = Limits(730e6, 2e6, 100e6, 2);
        _lower(limits);
        _assertInForce(limits);
    }

    function test_NoCapacityStopsReleaseAndCommitAndNothingElse() public {
        Terms memory terms = _terms();
        _lock(terms);
        _lower(_noLimits());
        bytes memory tooLow = abi.encodeWithSelector(RefillBucket.BucketTooLow.selector, terms.amount, 0);
        vm.expectRevert(tooLow);
        _release(terms);
        vm.expectRevert(tooLow);
        _commit(terms);
        _lock(_termsFor("another transfer"));
        _refund(terms);
        _assertStatus(terms, Status.Refunded);
    }

    /// @dev No path through other limits and back gives anew what was taken.
    function test_WhatWasTakenStaysTaken() public {
        _take(600e6);
        _assertAvailable(400e6);
        _lower(Limits(700e6, 700e6, 100e6, 2));
        _assertAvailable(100e6);
        _lower(Limits(500e6, 500e6, 100e6, 2));
        _assertAvailable(0);
        _propose(Limits(1_000e6, 500e6, 100e6, 2));
        vm.warp(START + LIMITS_DELAY);
        // By then the 600 are refilled (500 a day).
        _apply();
        _assertAvailable(1_000e6);
    }

    /// @dev Without a refill it is not known any more how much was taken. It counts as all.
    function test_AfterNoLimitsTheBucketStartsEmpty() public {
        _take(1e6);
        _lower(_noLimits());
        _propose(_limits());
        vm.warp(DUE);
        _apply();
        _assertAvailable(0);
        vm.warp(DUE + 10 days);
        _assertAvailable(1_000e6);
    }

    function test_WithoutATakeItIsFullUnderAnyLimits() public {
        _lower(_noLimits());
        _propose(_limits());
        vm.warp(DUE);
        _apply();
        _assertAvailable(1_000e6);
    }

    function _limits() private pure returns (Limits memory) {
        return Limits({capacity: 1_000e6, refillPerDay: 700e6, attestationThreshold: 100e6, attestationQuorum: 2});
    }

    function _lower(Limits memory limits) private {
        vm.prank(limiter);
        escrow.lowerLimits(address(token), limits);
    }

    function _refusesLower(Limits memory limits) private {
        Limits memory before = escrow.tokenState(address(token)).limits;
        vm.expectRevert(abi.encodeWithSelector(IEscrow.LimitsNotLower.selector, address(token)));
        _lower(limits);
        _assertInForce(before);
    }

    function _propose(Limits memory limits) private {
        vm.prank(limiter);
        escrow.proposeLimits(address(token), limits);
    }

    function _apply() private {
        vm.prank(limiter);
        escrow.applyLimits(address(token));
    }

    /// @dev By a commit: the threshold does not bind it.
    function _take(uint256 amount) private {
        Terms memory terms = _termsFor(bytes32(amount));
        terms.amount = amount;
        _lock(terms);
        _commit(terms);
    }

    function _assertInForce(Limits memory limits) private view {
        vm.assertEq(keccak256(abi.encode(escrow.tokenState(address(token)).limits)), keccak256(abi.encode(limits)), "limits");
    }

    function _assertProposed(Limits memory limits, uint64 notBefore) private view {
        TokenState memory state = escrow.tokenState(address(token));
        vm.assertEq(keccak256(abi.encode(state.proposed)), keccak256(abi.encode(limits)), "proposed");
        vm.assertEq(state.notBefore, notBefore, "notBefore");
    }

    /// @dev To the unit below: costs are rounded up, by less than a unit.
    function _assertAvailable(uint256 expected) private view {
        uint256 available = escrow.tokenState(address(token)).available;
        vm.assertLe(available, expected, "available, at most");
        vm.assertGe(available + 1, expected, "available, at least");
    }
}
