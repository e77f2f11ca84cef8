// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow, OnExpiry, Status, Terms} from "../interfaces/IEscrow.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev The exits that wait for no one: four of them, by what became of the escrow and by what its terms say.
contract EscrowExpireTest is EscrowFixture {
    function testFuzz_ALockedEscrowIsRefunded(address caller, uint64 time, bool release) public {
        // What happens to a committed escrow at the hard deadline has no say over one that is only locked.
        Terms memory terms = _locked(false, release ? OnExpiry.Release : OnExpiry.Refund);
        vm.warp(_bound(time, REFUND_AFTER, type(uint64).max));
        _expectLog(address(escrow));
        emit IEscrow.Refunded(escrow.escrowIdOf(terms), terms.ref, terms.token, terms.payer, terms.amount, 3);
        _expire(terms, caller);
        _assertPaid(terms, Status.Refunded);
    }

    function testFuzz_ACommittedEscrowIsRefundedIfItsTermsSaySo(address caller, uint64 time) public {
        Terms memory terms = _locked(true, OnExpiry.Refund);
        vm.warp(_bound(time, HARD_DEADLINE, type(uint64).max));
        _expectLog(address(escrow));
        emit IEscrow.Refunded(escrow.escrowIdOf(terms), terms.ref, terms.token, terms.payer, terms.amount, 4);
        _expire(terms, caller);
        _assertPaid(terms, Status.Refunded);
    }

    function testFuzz_ACommittedEscrowIsReleasedIfItsTermsSaySo(address caller, uint64 time) public {
        Terms memory terms = _locked(true, OnExpiry.Release);
        vm.warp(_bound(time, HARD_DEADLINE, type(uint64).max));
        _expectLog(address(escrow));
        emit IEscrow.Released(escrow.escrowIdOf(terms), terms.ref, terms.token, terms.payee, terms.amount, 4);
        _expire(terms, caller);
        _assertPaid(terms, Status.Released);
    }

    function testFuzz_NoOneTakesTheExitBeforeItIsDue(address caller, uint64 time, bool committed, bool release) public {
        Terms memory terms = _locked(committed, release ? OnExpiry.Release : OnExpiry.Refund);
        uint64 deadline = committed ? HARD_DEADLINE : REFUND_AFTER;
        vm.warp(_bound(time, START, deadline - 1));
        _expectNotExpired(terms, deadline);
        _expire(terms, caller);
        _assertHeld(terms.amount, 0);
    }

    function test_IsDueToTheSecond() public {
        Terms memory locked = _locked(false, OnExpiry.Refund);
        Terms memory committed = _termsFor("committed");
        _lock(committed);
        _commit(committed);
        vm.warp(REFUND_AFTER - 1);
        _expectNotExpired(locked, REFUND_AFTER);
        _expire(locked, stranger);
        vm.warp(REFUND_AFTER);
        _expire(locked, stranger);
        vm.warp(HARD_DEADLINE - 1);
        _expectNotExpired(committed, HARD_DEADLINE);
        _expire(committed, stranger);
        vm.warp(HARD_DEADLINE);
        _expire(committed, stranger);
        _assertHeld(0, 0);
    }

    function test_OnlyAnOpenEscrowExpires() public {
        Terms memory terms = _terms();
        _expectNotOpen(terms, Status.None);
        _expire(terms, stranger);
        _lock(terms);
        // What another escrow holds would pay for a second exit.
        _lock(_termsFor("another transfer"));
        vm.warp(REFUND_AFTER);
        _expire(terms, stranger);
        vm.warp(HARD_DEADLINE);
        _expectNotOpen(terms, Status.Refunded);
        _expire(terms, stranger);
        _expectNotOpen(terms, Status.Refunded);
        _release(terms);
        _expectNotOpen(terms, Status.Refunded);
        _refund(terms);
        _assertHeld(terms.amount, 0);
    }

    /// @dev All that whoever holds the bridge's keys can do to the token and to himself, at once: no key is left that could help.
    function testFuzz_NothingTheBridgeDoesStandsInItsWay(bool committed, bool release, address caller) public {
        Terms memory terms = _locked(committed, release ? OnExpiry.Release : OnExpiry.Refund);
        _pause();
        vm.prank(limiter);
        escrow.lowerLimits(address(token), _noLimits());
        vm.prank(admin);
        escrow.setTokenAllowed(address(token), false);
        _revokeEveryRole();
        _expire(terms, caller);
        _assertPaid(terms, committed && release ? Status.Released : Status.Refunded);
    }

    /// @dev The threshold and the bucket bind the operator, not the terms.
    function test_NeedsNoAttestationsAndTakesFromNoBucket() public {
        Terms memory terms = _locked(true, OnExpiry.Release);
        vm.prank(limiter);
        escrow.lowerLimits(address(token), _noLimits());
        vm.warp(HARD_DEADLINE);
        bytes memory tooLow = abi.encodeWithSignature("BucketTooLow(uint256,uint256)", terms.amount, 0);
        vm.expectRevert(tooLow);
        _release(terms);
        _expire(terms, stranger);
        _assertPaid(terms, Status.Released);
    }

    function _locked(bool committed, OnExpiry onExpiry) private returns (Terms memory terms) {
        terms = _terms();
        terms.onExpiry = onExpiry;
        _lock(terms);
        if (committed) _commit(terms);
    }

    function _revokeEveryRole() private {
        bytes32[3] memory roles = [escrow.OPERATOR_ROLE(), escrow.GUARDIAN_ROLE(), escrow.LIMITER_ROLE()];
        address[3] memory holders = [operator, guardian, limiter];
        for (uint256 i = 0; i < roles.length; ++i) {
            vm.prank(admin);
            escrow.revokeRole(roles[i], holders[i]);
            vm.assertTrue(!escrow.hasRole(roles[i], holders[i]), "role");
        }
        vm.prank(admin);
        escrow.beginDefaultAdminTransfer(address(0));
        vm.warp(START + ADMIN_DELAY + 1);
        bytes32 adminRole = escrow.DEFAULT_ADMIN_ROLE();
        vm.prank(admin);
        escrow.renounceRole(adminRole, admin);
        vm.assertEq(escrow.defaultAdmin(), address(0), "admin");
    }

    function _expectNotExpired(Terms memory terms, uint64 deadline) private {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowNotExpired.selector, escrow.escrowIdOf(terms), deadline));
    }

    function _assertPaid(Terms memory terms, Status status) private view {
        _assertStatus(terms, status);
        _assertBalance(status == Status.Released ? payee : payer, terms.amount);
        _assertBalance(status == Status.Released ? payer : payee, 0);
        _assertHeld(0, 0);
    }
}
