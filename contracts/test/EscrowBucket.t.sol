// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RefillBucket} from "../libraries/RefillBucket.sol";
import {IEscrow, Limits, Status, Terms} from "../interfaces/IEscrow.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev How much releases and commits may take how fast.
contract EscrowBucketTest is EscrowFixture {
    uint256 private constant CAPACITY = 1_000e6;
    // Divides nothing evenly, so that every rounding shows.
    uint256 private constant REFILL_PER_DAY = 700e6;
    uint256 private constant ROUNDS = 16;

    uint256 private made;

    function setUp() public override {
        super.setUp();
        escrow = _deploy(
            address(token),
            Limits({capacity: CAPACITY, refillPerDay: REFILL_PER_DAY, attestationThreshold: 1e36, attestationQuorum: 1})
        );
    }

    function test_AFreshTokenHasAFullBucket() public {
        _assertAvailable(CAPACITY);
        _release(_locked(CAPACITY));
        _assertAvailable(0);
    }

    function test_MoreThanTheCapacityIsNeverReleased() public {
        Terms memory terms = _locked(CAPACITY + 1);
        vm.warp(START + 365 days);
        _expectTooLow(terms.amount, CAPACITY);
        _release(terms);
        _assertStatus(terms, Status.Locked);
    }

    function test_CommitAndReleaseBothTake() public {
        Terms memory terms = _locked(400e6);
        _commit(terms);
        _assertAvailable(600e6);
        _release(terms);
        _assertAvailable(200e6);
        uint256 rest = escrow.tokenState(address(token)).available;
        Terms memory next = _locked(rest + 1);
        _expectTooLow(next.amount, rest);
        _commit(next);
        _assertStatus(next, Status.Locked);
        _expectTooLow(next.amount, rest);
        _release(next);
        _assertStatus(next, Status.Locked);
    }

    function test_LocksRefundsAndExpiriesDoNotTake() public {
        Terms memory refunded = _locked(300e6);
        Terms memory expired = _expiring(300e6);
        _refund(refunded);
        vm.warp(REFUND_AFTER);
        _expire(expired, stranger);
        _assertAvailable(CAPACITY);
    }

    function test_AnEmptyBucketDoesNotStopRefundsAndExpiries() public {
        Terms memory refunded = _locked(300e6);
        Terms memory expired = _expiring(300e6);
        _release(_locked(CAPACITY));
        _refund(refunded);
        vm.warp(REFUND_AFTER);
        _expire(expired, stranger);
        _assertStatus(refunded, Status.Refunded);
        _assertStatus(expired, Status.Refunded);
    }

    function test_ARefusedPayoutIsTakenAllTheSame() public {
        Terms memory terms = _locked(400e6);
        _setDenied(payee, true);
        _release(terms);
        _assertAvailable(600e6);
        _setDenied(payee, false);
        escrow.claim(address(token), payee);
        _assertAvailable(600e6);
    }

    function test_WhatIsRefusedTakesNothing() public {
        Terms memory terms = _locked(CAPACITY);
        _release(terms);
        vm.warp(START + 1 hours);
        uint256 refilled = escrow.tokenState(address(token)).available;
        _expectNotOpen(terms, Status.Released);
        _release(terms);
        _assertAvailable(refilled);
    }

    function test_RefillsOverTime() public {
        _release(_locked(CAPACITY));
        vm.warp(START + 12 hours);
        uint256 half = escrow.tokenState(address(token)).available;
        _assertAvailable(REFILL_PER_DAY / 2);
        Terms memory terms = _locked(half + 1);
        _expectTooLow(half + 1, half);
        _release(terms);
        _release(_locked(half));
        _assertAvailable(0);
        vm.warp(START + 10 days);
        _assertAvailable(CAPACITY);
    }

    function test_EachTokenHasItsOwn() public {
        _release(_locked(CAPACITY));
        address other = address(token);
        super.setUp();
        vm.prank(admin);
        escrow.listToken(other, _looseLimits());
        _release(_locked(CAPACITY));
        vm.assertEq(escrow.tokenState(other).available, _looseLimits().capacity, "other token");
    }

    /// @dev The law of auditors, on the contract itself: over any window, whatever the operator tries.
    function testFuzz_NoWindowGivesMoreThanCapacityPlusRefill(
        uint64[ROUNDS] memory amounts,
        uint32[ROUNDS] memory pauses,
        bool[ROUNDS] memory commits
    ) public {
        uint256[ROUNDS] memory taken;
        uint256[ROUNDS] memory times;
        uint256 time = START;
        for (uint256 i = 0; i < ROUNDS; ++i) {
            time += pauses[i] % (i % 4 == 0 ? 2 days : 2 hours);
            vm.warp(time);
            times[i] = time;
            uint256 available = escrow.tokenState(address(token)).available;
            uint256 amount = amounts[i] % 3 == 0 ? available + (amounts[i] % 2) : amounts[i] % (CAPACITY / 2);
            taken[i] = _try(_locked(amount == 0 ? 1 : amount), commits[i]);
        }
        for (uint256 first = 0; first < ROUNDS; ++first) {
            uint256 sum = 0;
            for (uint256 last = first; last < ROUNDS; ++last) {
                sum += taken[last];
                if (taken[last] == 0) continue;
                vm.assertLe(sum * 1 days, CAPACITY * 1 days + REFILL_PER_DAY * (times[last] - times[first]), "window");
            }
        }
    }

    function _try(Terms memory terms, bool asCommit) private returns (uint256) {
        bytes memory call = asCommit ? abi.encodeCall(IEscrow.commit, (terms)) : abi.encodeCall(IEscrow.release, (terms));
        uint256 available = escrow.tokenState(address(token)).available;
        vm.prank(operator);
        (bool done, ) = address(escrow).call(call);
        vm.assertTrue(done == (terms.amount <= available), "gives what is available and no more");
        return done ? terms.amount : 0;
    }

    /// @dev With deadlines that lie ahead of all that happens here, except where an expiry is wanted.
    function _locked(uint256 amount) private returns (Terms memory terms) {
        terms = _termsFor(bytes32(++made));
        terms.amount = amount;
        terms.hardDeadline = START + 366 days;
        terms.refundAfter = terms.hardDeadline;
        _lock(terms);
    }

    function _expiring(uint256 amount) private returns (Terms memory terms) {
        terms = _termsFor(bytes32(++made));
        terms.amount = amount;
        _lock(terms);
    }

    function _expectTooLow(uint256 requested, uint256 available) private {
        vm.expectRevert(abi.encodeWithSelector(RefillBucket.BucketTooLow.selector, requested, available));
    }

    /// @dev To the unit below: what a take costs is rounded up to what is refilled in a 65,536th of a second, here an eighth of a unit.
    function _assertAvailable(uint256 expected) private view {
        uint256 available = escrow.tokenState(address(token)).available;
        vm.assertLe(available, expected, "available, at most");
        vm.assertGe(available + 1, expected, "available, at least");
    }
}
