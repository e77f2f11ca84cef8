// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {EscrowId, IEscrow, OnExpiry, Status, Terms} from "../interfaces/IEscrow.sol";
import {TestDollar} from "./TestDollar.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowExitsTest is EscrowFixture {
    function testFuzz_ReleasePaysThePayee(uint256 amount, uint64 time) public {
        Terms memory terms = _terms();
        terms.amount = _bound(amount, 1, type(uint248).max);
        EscrowId id = _lock(terms);
        // Also after refundAfter: until someone refunds, the release is not too late.
        vm.warp(_bound(time, START, type(uint64).max));

        _expectLog(address(escrow));
        emit IEscrow.Released(id, terms.ref, terms.token, terms.payee, terms.amount, 3);
        _release(terms);

        _assertStatus(terms, Status.Released);
        _assertBalance(payee, terms.amount);
        _assertEmpty();
    }

    function testFuzz_RefundPaysThePayer(uint256 amount, uint64 time) public {
        Terms memory terms = _terms();
        terms.amount = _bound(amount, 1, type(uint248).max);
        EscrowId id = _lock(terms);
        vm.warp(_bound(time, START, type(uint64).max));

        _expectLog(address(escrow));
        emit IEscrow.Refunded(id, terms.ref, terms.token, terms.payer, terms.amount, 3);
        _refund(terms);

        _assertStatus(terms, Status.Refunded);
        _assertBalance(payer, terms.amount);
        _assertEmpty();
    }

    function testFuzz_AnyoneMayExpireFromRefundAfterOn(address caller, uint64 time, bool release) public {
        Terms memory terms = _terms();
        // What happens to a committed escrow at the hard deadline has no say over one that is only locked.
        terms.onExpiry = release ? OnExpiry.Release : OnExpiry.Refund;
        EscrowId id = _lock(terms);
        vm.warp(_bound(time, REFUND_AFTER, type(uint64).max));

        _expectLog(address(escrow));
        emit IEscrow.Refunded(id, terms.ref, terms.token, terms.payer, terms.amount, 3);
        _expire(terms, caller);

        _assertStatus(terms, Status.Refunded);
        _assertBalance(payer, terms.amount);
        _assertEmpty();
    }

    function testFuzz_NoOneMayExpireBefore(address caller, uint64 time) public {
        Terms memory terms = _terms();
        EscrowId id = _lock(terms);
        vm.warp(_bound(time, START, REFUND_AFTER - 1));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowNotExpired.selector, id, REFUND_AFTER));
        _expire(terms, caller);
        _assertStatus(terms, Status.Locked);
    }

    function test_ExpiryStartsAtRefundAfterToTheSecond() public {
        Terms memory terms = _terms();
        EscrowId id = _lock(terms);
        vm.warp(REFUND_AFTER - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowNotExpired.selector, id, REFUND_AFTER));
        _expire(terms, stranger);
        vm.warp(REFUND_AFTER);
        _expire(terms, stranger);
        _assertStatus(terms, Status.Refunded);
    }

    function testFuzz_OnlyTheOperatorReleasesAndRefunds(address caller) public {
        vm.assume(caller != operator);
        bytes32 role = escrow.OPERATOR_ROLE();
        Terms memory terms = _terms();
        _lock(terms);
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.release(terms);
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.refund(terms);
        _assertStatus(terms, Status.Locked);
    }

    function test_NothingFollowsARelease() public {
        Terms memory terms = _terms();
        _lock(terms);
        _release(terms);
        _expectClosed(terms, Status.Released);
    }

    function test_NothingFollowsARefund() public {
        Terms memory terms = _terms();
        _lock(terms);
        _refund(terms);
        _expectClosed(terms, Status.Refunded);
    }

    function test_NothingFollowsAnExpiry() public {
        Terms memory terms = _terms();
        _lock(terms);
        vm.warp(REFUND_AFTER);
        _expire(terms, stranger);
        _expectClosed(terms, Status.Refunded);
    }

    function test_NothingLeavesThatWasNeverLocked() public {
        _lock(_terms());
        Terms memory terms = _terms();
        terms.ref = keccak256("never locked");
        _expectClosed(terms, Status.None);
    }

    /// @dev A stolen operator key cannot redirect a cent: other terms are another escrow, one that does not exist.
    function testFuzz_OtherTermsAreAnotherEscrow(address thief, uint256 amount, uint64 earlier) public {
        Terms memory locked = _terms();
        _lock(locked);

        Terms memory terms = _terms();
        vm.assume(thief != terms.payee && thief != terms.payer);
        terms.payee = thief;
        _expectNotOpen(terms, Status.None);
        _release(terms);

        terms = _terms();
        terms.payer = thief;
        _expectNotOpen(terms, Status.None);
        _refund(terms);

        terms = _terms();
        vm.assume(amount != terms.amount);
        terms.amount = amount;
        _expectNotOpen(terms, Status.None);
        _release(terms);

        terms = _terms();
        terms.refundAfter = uint64(_bound(earlier, 0, START));
        _expectNotOpen(terms, Status.None);
        _expire(terms, thief);

        _assertStatus(locked, Status.Locked);
        _assertBalance(address(escrow), locked.amount);
    }

    function test_PauseStopsRelease() public {
        Terms memory terms = _terms();
        _lock(terms);
        _pause();
        vm.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        _release(terms);
        vm.prank(admin);
        escrow.unpause(address(token));
        _release(terms);
        _assertStatus(terms, Status.Released);
    }

    function test_PauseStopsNeitherExpiryNorRefund() public {
        Terms memory first = _terms();
        Terms memory second = _terms();
        second.ref = keccak256("second");
        _lock(first);
        _lock(second);
        _pause();
        _refund(first);
        vm.warp(REFUND_AFTER);
        _expire(second, stranger);
        _assertStatus(first, Status.Refunded);
        _assertStatus(second, Status.Refunded);
        _assertEmpty();
    }

    function test_ATokenOffTheListStillPaysOut() public {
        Terms[] memory all = new Terms[](3);
        for (uint256 i = 0; i < all.length; ++i) {
            all[i] = _terms();
            all[i].ref = bytes32(i + 1);
            _lock(all[i]);
        }
        vm.prank(admin);
        escrow.setTokenAllowed(address(token), false);
        _release(all[0]);
        _refund(all[1]);
        vm.warp(REFUND_AFTER);
        _expire(all[2], stranger);
        _assertEmpty();
    }

    function test_APayeeWhomTheIssuerDeniesLeavesTheEscrowOpenForARefund() public {
        Terms memory terms = _terms();
        _lock(terms);
        vm.prank(admin);
        token.setDenied(payee, true);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.DeniedAccount.selector, payee));
        _release(terms);
        _assertStatus(terms, Status.Locked);
        _refund(terms);
        _assertBalance(payer, terms.amount);
    }

    function test_APayerWhomTheIssuerDeniesIsPaidOnceHeIsAllowedAgain() public {
        Terms memory terms = _terms();
        _lock(terms);
        vm.prank(admin);
        token.setDenied(payer, true);
        vm.warp(REFUND_AFTER);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.DeniedAccount.selector, payer));
        _expire(terms, stranger);
        _assertStatus(terms, Status.Locked);
        vm.prank(admin);
        token.setDenied(payer, false);
        _expire(terms, stranger);
        _assertBalance(payer, terms.amount);
    }

    function test_AStrangersDonationChangesNothing() public {
        Terms memory terms = _terms();
        _lock(terms);
        vm.prank(admin);
        token.mint(address(escrow), 1);
        vm.assertEq(escrow.totalLocked(address(token)), terms.amount, "total");
        _release(terms);
        _assertBalance(payee, terms.amount);
        _assertBalance(address(escrow), 1);
    }

    function _expectClosed(Terms memory terms, Status status) private {
        uint256 held = token.balanceOf(address(escrow));
        vm.warp(HARD_DEADLINE);
        _expectNotOpen(terms, status);
        _release(terms);
        _expectNotOpen(terms, status);
        _refund(terms);
        _expectNotOpen(terms, status);
        _expire(terms, stranger);
        _assertStatus(terms, status);
        _assertBalance(address(escrow), held);
        vm.assertEq(escrow.totalLocked(address(token)), held, "total");
    }

    function _assertEmpty() private view {
        _assertBalance(address(escrow), 0);
        vm.assertEq(escrow.totalLocked(address(token)), 0, "total");
    }
}
