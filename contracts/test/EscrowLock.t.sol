// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {EscrowId, IEscrow, OnExpiry, Status, Terms, TokenState} from "../interfaces/IEscrow.sol";
import {TestDollar} from "./TestDollar.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowLockTest is EscrowFixture {
    uint64 private constant LATEST = START + 366 days;

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
        terms.amount = _bound(amount, 1, type(uint96).max);
        terms.refundAfter = uint64(_bound(refundAfter, START + 1, LATEST));
        terms.hardDeadline = uint64(_bound(hardDeadline, terms.refundAfter, LATEST));
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
        _assertHeld(terms.amount, 0);
    }

    function testFuzz_AddsUpTheOpenEscrowsOfAToken(uint88[5] memory amounts) public {
        uint256 total = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            Terms memory terms = _termsFor(bytes32(i + 1));
            terms.amount = _bound(amounts[i], 1, type(uint88).max);
            _lock(terms);
            total += terms.amount;
        }
        _assertHeld(total, 0);
    }

    function test_TakesThePayerAsPayee() public {
        Terms memory terms = _terms();
        terms.payee = payer;
        _lock(terms);
        _release(terms);
        _assertBalance(payer, terms.amount);
        _assertHeld(0, 0);
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
        _refuses(_terms(), caller, abi.encodeWithSelector(IEscrow.CallerNotPayer.selector, caller, payer));
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

    function testFuzz_RefusesAHardDeadlineTooFarAhead(uint64 hardDeadline) public {
        Terms memory terms = _terms();
        terms.hardDeadline = uint64(_bound(hardDeadline, LATEST + 1, type(uint64).max));
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.DeadlineTooFar.selector, terms.hardDeadline, LATEST));
    }

    function test_TakesTheLatestHardDeadline() public {
        Terms memory terms = _terms();
        terms.hardDeadline = LATEST + 1;
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.DeadlineTooFar.selector, LATEST + 1, LATEST));
        terms.hardDeadline = LATEST;
        _lock(terms);
        _assertStatus(terms, Status.Locked);
    }

    function test_RefusesATokenThatIsNotOnTheList() public {
        Terms memory terms = _terms();
        terms.token = address(new TestDollar(admin));
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.TokenNotAllowed.selector, terms.token));
    }

    function test_RefusesATokenThatWasTakenOffTheListUntilItIsBack() public {
        vm.prank(admin);
        escrow.setTokenAllowed(address(token), false);
        _refuses(_terms(), payer, abi.encodeWithSelector(IEscrow.TokenNotAllowed.selector, address(token)));
        vm.prank(admin);
        escrow.setTokenAllowed(address(token), true);
        _lock(_terms());
        _assertStatus(_terms(), Status.Locked);
    }

    function test_RefusesTermsThatWereUsedBefore() public {
        Terms memory terms = _terms();
        EscrowId id = _lock(terms);
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.EscrowExists.selector, id, Status.Locked));
        _commit(terms);
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.EscrowExists.selector, id, Status.Committed));
        _release(terms);
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.EscrowExists.selector, id, Status.Released));

        terms = _termsFor("another transfer");
        id = _lock(terms);
        _refund(terms);
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.EscrowExists.selector, id, Status.Refunded));
    }

    function test_RefusesWhilePaused() public {
        _pause();
        _refuses(_terms(), payer, abi.encodeWithSelector(IEscrow.TokenIsPaused.selector, address(token)));
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
        _assertHeld(0, 0);
    }

    /// @dev The total lies at the bottom of a word that holds all else about the token: an overflow would run into its neighbours.
    function testFuzz_RefusesATotalThatDoesNotFitItsField(uint256 held, uint256 amount) public {
        Terms memory first = _terms();
        first.amount = _bound(held, 1, type(uint96).max);
        _lock(first);
        Terms memory terms = _termsFor("one too many");
        terms.amount = _bound(amount, type(uint96).max - first.amount + 1, type(uint256).max - first.amount);
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.AmountTooLarge.selector, terms.amount));
    }

    function testFuzz_FillsTheTotalToItsLastBit(uint256 held) public {
        Terms memory first = _terms();
        first.amount = _bound(held, 1, type(uint96).max - 1);
        Terms memory rest = _termsFor("the rest");
        rest.amount = type(uint96).max - first.amount;
        _lock(first);
        _lock(rest);
        _assertHeld(type(uint96).max, 0);
        TokenState memory state = escrow.tokenState(address(token));
        vm.assertTrue(state.allowed && !state.paused, "flags");
        vm.assertEq(state.sequence, 3, "sequence");
        vm.assertEq(state.available, _looseLimits().capacity, "available");
        vm.assertEq(keccak256(abi.encode(state.limits)), keccak256(abi.encode(_looseLimits())), "limits");

        _release(first);
        _refund(rest);
        _assertHeld(0, 0);
        vm.assertEq(escrow.tokenState(address(token)).sequence, 5, "sequence");
    }

    /// @dev Credits count, too: a lock may not make the field too small for what is owed already.
    function test_RefusesATotalThatDoesNotFitWithTheCredits() public {
        Terms memory first = _terms();
        first.amount = type(uint96).max;
        _lock(first);
        _setDenied(payee, true);
        _release(first);
        _setDenied(payee, false);
        _assertHeld(0, type(uint96).max);
        Terms memory terms = _termsFor("one too many");
        terms.amount = 1;
        _refuses(terms, payer, abi.encodeWithSelector(IEscrow.AmountTooLarge.selector, 1));
        escrow.claim(address(token), payee);
        _lock(terms);
        _assertHeld(1, 0);
    }

    /// @dev The id is hashed over calldata as it lies there, so bits that no field has must not make other ids.
    function test_RefusesCalldataThatIsNoTerms() public {
        _fund(_terms());
        bytes memory call = abi.encodeCall(IEscrow.lock, (_terms()));
        // The first byte of the words of token, payer, payee, refundAfter, hardDeadline and onExpiry, which none of them reaches.
        uint256[6] memory words = [uint256(1), 2, 3, 5, 6, 7];
        for (uint256 i = 0; i < words.length; ++i) {
            bytes memory dirty = bytes.concat(call);
            dirty[4 + 32 * words[i]] = 0x01;
            _refusesRaw(dirty);
        }
        bytes memory noEnum = bytes.concat(call);
        noEnum[4 + 32 * 8 - 1] = 0x02;
        _refusesRaw(noEnum);
        // The control: unchanged, it goes through.
        vm.prank(payer);
        (bool done, ) = address(escrow).call(call);
        vm.assertTrue(done, "clean calldata");
    }

    /// @dev A token that took from our balance by itself: the next payer would pay for it.
    function test_RefusesAnInsolventToken() public {
        Terms memory first = _terms();
        _lock(first);
        vm.mockCall(address(token), abi.encodeCall(IERC20.balanceOf, (address(escrow))), abi.encode(first.amount - 1));
        Terms memory terms = _termsFor("another transfer");
        _fund(terms);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TokenInsolvent.selector, address(token), first.amount, first.amount - 1));
        vm.prank(payer);
        escrow.lock(terms);
        vm.clearMockedCalls();
        vm.prank(payer);
        escrow.lock(terms);
        _assertHeld(2 * terms.amount, 0);
    }

    function test_ADonationChangesNothing() public {
        vm.prank(admin);
        token.mint(address(escrow), 1);
        Terms memory terms = _terms();
        _lock(terms);
        vm.assertEq(escrow.totalLocked(address(token)), terms.amount, "total");
        _release(terms);
        _assertBalance(payee, terms.amount);
        _assertBalance(address(escrow), 1);
    }

    /// @dev Funded and approved, so that nothing but the refusal under test can stop it.
    function _refuses(Terms memory terms, address caller, bytes memory refusal) private {
        Terms memory funded = _terms();
        funded.amount = terms.amount;
        _fund(funded);
        uint256 held = token.balanceOf(address(escrow));
        bytes32 state = keccak256(abi.encode(escrow.tokenState(address(token))));
        vm.expectRevert(refusal);
        vm.prank(caller);
        escrow.lock(terms);
        vm.assertEq(keccak256(abi.encode(escrow.tokenState(address(token)))), state, "state unchanged");
        _assertBalance(address(escrow), held);
    }

    function _refusesRaw(bytes memory call) private {
        vm.prank(payer);
        (bool done, ) = address(escrow).call(call);
        vm.assertTrue(!done, "dirty calldata");
        _assertHeld(0, 0);
    }
}
