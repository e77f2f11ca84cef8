// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId, IEscrow, OnExpiry, Status, Terms} from "../interfaces/IEscrow.sol";
import {TestDollar} from "./TestDollar.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev What becomes of a payout that the token refuses: the escrow ends all the same, and the tokens wait for their owner.
contract EscrowCreditsTest is EscrowFixture {
    function test_AReleaseToADeniedPayeeBecomesHisCredit() public {
        Terms memory terms = _terms();
        EscrowId id = _lock(terms);
        _setDenied(payee, true);
        _expectLog(address(escrow));
        emit IEscrow.Released(id, terms.ref, terms.token, payee, terms.amount, 3);
        _expectLog(address(escrow));
        emit IEscrow.Credited(id, terms.ref, terms.token, payee, terms.amount, 4);
        _release(terms);
        _assertStatus(terms, Status.Released);
        _assertCredit(payee, terms.amount);
        _assertHeld(0, terms.amount);
    }

    function test_ARefundToADeniedPayerBecomesHisCredit() public {
        Terms memory terms = _terms();
        EscrowId id = _lock(terms);
        _setDenied(payer, true);
        _expectLog(address(escrow));
        emit IEscrow.Refunded(id, terms.ref, terms.token, payer, terms.amount, 3);
        _expectLog(address(escrow));
        emit IEscrow.Credited(id, terms.ref, terms.token, payer, terms.amount, 4);
        _refund(terms);
        _assertStatus(terms, Status.Refunded);
        _assertCredit(payer, terms.amount);
        _assertHeld(0, terms.amount);
    }

    function test_AnExpiryToADeniedAccountBecomesItsCredit() public {
        Terms memory locked = _termsFor("locked");
        Terms memory committed = _termsFor("committed");
        committed.onExpiry = OnExpiry.Release;
        _lock(locked);
        _lock(committed);
        _commit(committed);
        _setDenied(payer, true);
        _setDenied(payee, true);
        vm.warp(HARD_DEADLINE);
        _expire(locked, stranger);
        _expire(committed, stranger);
        _assertStatus(locked, Status.Refunded);
        _assertStatus(committed, Status.Released);
        _assertCredit(payer, locked.amount);
        _assertCredit(payee, committed.amount);
        _assertHeld(0, locked.amount + committed.amount);
    }

    function test_ATokenThatIsPausedByItsIssuerHoldsUpNoExit() public {
        Terms memory terms = _terms();
        _lock(terms);
        vm.prank(admin);
        token.pause();
        _release(terms);
        _assertCredit(payee, terms.amount);
        vm.prank(admin);
        token.unpause();
        escrow.claim(address(token), payee);
        _assertBalance(payee, terms.amount);
    }

    function test_AnEscrowThatEndedInACreditDoesNotEndAgain() public {
        Terms memory terms = _terms();
        _lock(terms);
        _setDenied(payee, true);
        _release(terms);
        _setDenied(payee, false);
        vm.warp(HARD_DEADLINE);
        _expectNotOpen(terms, Status.Released);
        _release(terms);
        _expectNotOpen(terms, Status.Released);
        _refund(terms);
        _expectNotOpen(terms, Status.Released);
        _expire(terms, stranger);
        _assertHeld(0, terms.amount);
    }

    function testFuzz_CreditsAddUpByOwnerAndArePaidTogether(uint80[3] memory amounts, address caller) public {
        uint256 mine = 0;
        _setDenied(payee, true);
        for (uint256 i = 0; i < amounts.length; ++i) {
            Terms memory terms = _termsFor(bytes32(i + 1));
            terms.amount = _bound(amounts[i], 1, type(uint80).max);
            mine += terms.amount;
            _lock(terms);
            _release(terms);
            _assertCredit(payee, mine);
            _assertHeld(0, mine);
        }
        _setDenied(payee, false);

        _expectLog(address(escrow));
        emit IEscrow.CreditClaimed(address(token), payee, payee, mine, 11);
        vm.prank(caller);
        escrow.claim(address(token), payee);
        _assertBalance(payee, mine);
        _assertCredit(payee, 0);
        _assertHeld(0, 0);
    }

    /// @dev Whatever two owners are due, the claim of one is not paid with what is the other's.
    function test_AClaimIsPaidOnceAndFromOnesOwn() public {
        Terms memory theirs = _termsFor("theirs");
        theirs.payee = stranger;
        _credit(_terms());
        _credit(theirs);
        Terms memory open = _termsFor("open");
        _lock(open);
        escrow.claim(address(token), payee);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoCredit.selector, address(token), payee));
        escrow.claim(address(token), payee);
        _assertCredit(stranger, theirs.amount);
        _assertHeld(open.amount, theirs.amount);
    }

    function testFuzz_ThereIsNothingToClaimWithoutACredit(address owner, address other) public {
        vm.assume(owner != address(0) && owner != address(escrow) && owner != payee && other != address(token));
        _credit(_terms());
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoCredit.selector, address(token), owner));
        escrow.claim(address(token), owner);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoCredit.selector, other, payee));
        escrow.claim(other, payee);
    }

    function test_AClaimRevertsWhileTheTokenStillRefuses() public {
        Terms memory terms = _terms();
        _lock(terms);
        _setDenied(payee, true);
        _release(terms);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.DeniedAccount.selector, payee));
        escrow.claim(address(token), payee);
        _assertCredit(payee, terms.amount);
        _assertHeld(0, terms.amount);
        vm.assertEq(escrow.tokenState(address(token)).sequence, 4, "sequence");
    }

    function test_NothingTheBridgeDoesStandsInAClaimsWay() public {
        Terms memory terms = _credit(_terms());
        _pause();
        vm.prank(limiter);
        escrow.lowerLimits(address(token), _noLimits());
        vm.prank(admin);
        escrow.setTokenAllowed(address(token), false);
        vm.prank(stranger);
        escrow.claim(address(token), payee);
        _assertBalance(payee, terms.amount);
    }

    function test_TheLargestCreditFits() public {
        Terms memory terms = _terms();
        terms.amount = type(uint96).max;
        _credit(terms);
        _assertCredit(payee, type(uint96).max);
        escrow.claim(address(token), payee);
        _assertBalance(payee, type(uint96).max);
        _assertHeld(0, 0);
        vm.assertEq(escrow.tokenState(address(token)).sequence, 5, "sequence");
    }

    /// @dev Locks, is refused once, and allowed again.
    function _credit(Terms memory terms) private returns (Terms memory) {
        _lock(terms);
        _setDenied(terms.payee, true);
        _release(terms);
        _setDenied(terms.payee, false);
        return terms;
    }

    function _assertCredit(address owner, uint256 amount) private view {
        vm.assertEq(escrow.creditOf(address(token), owner), amount, "credit");
    }
}
