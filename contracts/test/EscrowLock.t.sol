// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {EscrowId, IEscrow, OnExpiry, Status, Terms} from "../interfaces/IEscrow.sol";
import {TestDollar} from "./TestDollar.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowLockTest is EscrowFixture {
    function testFuzz_TakesTheAmountAndSaysEverything(
        bytes32 ref,
        address to,
        uint256 amount,
        uint64 refundAfter,
        uint64 hardDeadline,
        bool release
    ) public {
        vm.assume(ref != 0 && to != address(0) && to != address(escrow));
        Terms memory terms = _terms();
        terms.ref = ref;
        terms.payee = to;
        terms.amount = _bound(amount, 1, type(uint248).max);
        terms.refundAfter = uint64(_bound(refundAfter, START + 1, type(uint64).max));
        terms.hardDeadline = uint64(_bound(hardDeadline, terms.refundAfter, type(uint64).max));
        terms.onExpiry = release ? OnExpiry.Release : OnExpiry.Refund;
        _fund(terms);

        _expectLog(address(escrow));
        emit IEscrow.Locked(
            escrow.escrowIdOf(terms),
            terms.ref,
            terms.token,
            terms.payer,
            terms.payee,
            terms.amount,
            terms.refundAfter,
            terms.hardDeadline,
            terms.onExpiry,
            2
        );
        vm.prank(payer);
        EscrowId id = escrow.lock(terms);

        vm.assertEq(EscrowId.unwrap(id), EscrowId.unwrap(escrow.escrowIdOf(terms)), "id");
        _assertStatus(terms, Status.Locked);
        _assertBalance(payer, 0);
        _assertBalance(address(escrow), terms.amount);
        vm.assertEq(escrow.totalLocked(address(token)), terms.amount, "total");
    }

    function testFuzz_AddsUpTheOpenEscrowsOfAToken(uint128[5] memory amounts) public {
        uint256 total = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            Terms memory terms = _terms();
            terms.ref = bytes32(i + 1);
            terms.amount = _bound(amounts[i], 1, type(uint128).max);
            _lock(terms);
            total += terms.amount;
        }
        vm.assertEq(escrow.totalLocked(address(token)), total, "total");
        _assertBalance(address(escrow), total);
    }

    function test_RefusesZeroSentinels() public {
        Terms memory terms = _terms();
        terms.ref = 0;
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.ZeroRef.selector));
        terms = _terms();
        terms.token = address(0);
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.ZeroToken.selector));
        terms = _terms();
        terms.payer = address(0);
        _refuses(terms, address(0), abi.encodeWithSelector(IEscrow.ZeroPayer.selector));
        terms = _terms();
        terms.payee = address(0);
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.ZeroPayee.selector));
        terms = _terms();
        terms.amount = 0;
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.ZeroAmount.selector));
    }

    function test_RefusesItselfAsPayee() public {
        Terms memory terms = _terms();
        terms.payee = address(escrow);
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.PayeeIsEscrow.selector));
    }

    function testFuzz_RefusesEveryCallerButThePayer(address caller) public {
        vm.assume(caller != payer);
        Terms memory terms = _terms();
        _refuses(terms, caller, abi.encodeWithSelector(IEscrow.CallerNotPayer.selector, caller, payer));
    }

    function testFuzz_RefusesADeadlineThatIsNotInTheFuture(uint64 refundAfter) public {
        Terms memory terms = _terms();
        terms.refundAfter = uint64(_bound(refundAfter, 0, START));
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.RefundAfterPassed.selector, terms.refundAfter, START));
    }

    function test_RefusesADeadlineThatIsNow() public {
        Terms memory terms = _terms();
        terms.refundAfter = START;
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.RefundAfterPassed.selector, START, START));
        terms.refundAfter = START + 1;
        _lock(terms);
        _assertStatus(terms, Status.Locked);
    }

    function testFuzz_RefusesReversedDeadlines(uint64 refundAfter, uint64 hardDeadline) public {
        Terms memory terms = _terms();
        terms.refundAfter = uint64(_bound(refundAfter, START + 1, type(uint64).max));
        terms.hardDeadline = uint64(_bound(hardDeadline, 0, terms.refundAfter - 1));
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.DeadlinesReversed.selector, terms.refundAfter, terms.hardDeadline));
    }

    function test_TakesEqualDeadlines() public {
        Terms memory terms = _terms();
        terms.hardDeadline = terms.refundAfter;
        _lock(terms);
        _assertStatus(terms, Status.Locked);
    }

    function test_RefusesATokenThatIsNotOnTheList() public {
        TestDollar other = new TestDollar(admin);
        Terms memory terms = _terms();
        terms.token = address(other);
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.TokenNotAllowed.selector, address(other)));
    }

    function test_RefusesATokenThatWasTakenOffTheList() public {
        vm.prank(admin);
        escrow.setTokenAllowed(address(token), false);
        _refuses(_terms(), payer, abi.encodeWithSelector(IEscrow.TokenNotAllowed.selector, address(token)));
    }

    function test_RefusesTermsThatWereUsedBefore() public {
        Terms memory terms = _terms();
        EscrowId id = _lock(terms);
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.EscrowExists.selector, id, Status.Locked));
        _release(terms);
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.EscrowExists.selector, id, Status.Released));

        terms.ref = keccak256("another transfer");
        id = _lock(terms);
        _refund(terms);
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.EscrowExists.selector, id, Status.Refunded));
    }

    function test_RefusesWhilePaused() public {
        _pause();
        _refuses(_terms(), payer, abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        vm.prank(admin);
        escrow.unpause(address(token));
        _lock(_terms());
        _assertStatus(_terms(), Status.Locked);
    }

    function test_RefusesWithoutAllowance() public {
        Terms memory terms = _terms();
        vm.prank(admin);
        token.mint(payer, terms.amount);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 0, terms.amount)
        );
        vm.prank(payer);
        escrow.lock(terms);
        _assertStatus(terms, Status.None);
    }

    function test_RefusesWithoutBalance() public {
        Terms memory terms = _terms();
        vm.prank(payer);
        token.approve(address(escrow), terms.amount);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, payer, 0, terms.amount));
        vm.prank(payer);
        escrow.lock(terms);
        vm.assertEq(escrow.totalLocked(address(token)), 0, "total");
    }

    function testFuzz_RefusesATotalThatDoesNotFitItsSlot(uint256 excess) public {
        Terms memory first = _terms();
        first.amount = type(uint248).max;
        _lock(first);
        Terms memory terms = _terms();
        terms.ref = keccak256("one too many");
        terms.amount = _bound(excess, 1, type(uint256).max - first.amount);
        _refuses(
            terms,
            payer,
            abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 248, first.amount + terms.amount)
        );
    }

    /// @dev Funded and approved, so that nothing but the refusal under test can stop it.
    function _refuses(Terms memory terms, address caller, bytes memory refusal) private {
        Terms memory funded = _terms();
        funded.amount = terms.amount;
        _fund(funded);
        uint256 total = escrow.totalLocked(address(token));
        vm.expectRevert(refusal);
        vm.prank(caller);
        escrow.lock(terms);
        vm.assertEq(escrow.totalLocked(address(token)), total, "total unchanged");
        _assertBalance(address(escrow), total);
    }
}
