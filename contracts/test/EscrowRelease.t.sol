// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId, IEscrow, Status, Terms} from "../interfaces/IEscrow.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowReleaseTest is EscrowFixture {
    function testFuzz_PaysThePayee(uint256 amount, uint64 time, bool committed) public {
        Terms memory terms = _terms();
        terms.amount = _bound(amount, 1, type(uint96).max);
        EscrowId id = _lock(terms);
        if (committed) _commit(terms);
        // Also after the deadlines: until someone takes the exit, the release is not too late.
        vm.warp(_bound(time, START, START + 10 * 365 days));

        _expectLog(address(escrow));
        emit IEscrow.Released(id, terms.ref, terms.token, terms.payee, terms.amount, committed ? 4 : 3);
        _release(terms);

        _assertStatus(terms, Status.Released);
        _assertBalance(payee, terms.amount);
        _assertBalance(payer, 0);
        _assertHeld(0, 0);
    }

    function testFuzz_OnlyTheOperatorReleases(address caller) public {
        vm.assume(caller != operator);
        bytes32 role = escrow.OPERATOR_ROLE();
        Terms memory terms = _terms();
        _lock(terms);
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.release(terms);
        _assertStatus(terms, Status.Locked);
    }

    function test_NothingFollowsARelease() public {
        Terms memory terms = _terms();
        _lock(terms);
        // What another escrow holds would pay for a second exit.
        _lock(_termsFor("another transfer"));
        _release(terms);
        _assertClosed(terms, Status.Released);
    }

    function test_NothingLeavesThatWasNeverLocked() public {
        _lock(_terms());
        _assertClosed(_termsFor("never locked"), Status.None);
    }

    /// @dev A stolen operator key cannot redirect a cent: other terms are another escrow, one that does not exist.
    function testFuzz_OtherTermsAreAnotherEscrow(address thief, uint256 amount, uint64 earlier) public {
        Terms memory locked = _terms();
        vm.assume(thief != locked.payee && thief != locked.payer && amount != locked.amount);
        _lock(locked);

        Terms memory terms = _terms();
        terms.payee = thief;
        _expectNotOpen(terms, Status.None);
        _release(terms);

        terms = _terms();
        terms.payer = thief;
        _expectNotOpen(terms, Status.None);
        _refund(terms);

        terms = _terms();
        terms.amount = amount;
        _expectNotOpen(terms, Status.None);
        _release(terms);

        terms = _terms();
        terms.refundAfter = uint64(_bound(earlier, 0, START));
        _expectNotOpen(terms, Status.None);
        _expire(terms, thief);

        _assertStatus(locked, Status.Locked);
        _assertHeld(locked.amount, 0);
    }

    function test_APauseStopsIt() public {
        Terms memory terms = _terms();
        _lock(terms);
        _pause();
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TokenIsPaused.selector, address(token)));
        _release(terms);
        vm.prank(admin);
        escrow.unpause(address(token));
        _release(terms);
        _assertStatus(terms, Status.Released);
    }

    function test_ATokenOffTheListIsStillReleased() public {
        Terms memory terms = _terms();
        _lock(terms);
        vm.prank(admin);
        escrow.setTokenAllowed(address(token), false);
        _release(terms);
        _assertBalance(payee, terms.amount);
    }

    function _assertClosed(Terms memory terms, Status status) private {
        uint256 held = token.balanceOf(address(escrow));
        vm.warp(HARD_DEADLINE);
        _expectNotOpen(terms, status);
        _release(terms);
        _expectNotOpen(terms, status);
        _refund(terms);
        _expectNotOpen(terms, status);
        _expire(terms, stranger);
        _assertStatus(terms, status);
        _assertHeld(held, 0);
    }
}
