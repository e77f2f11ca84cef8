// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId, IEscrow, Status, Terms} from "../interfaces/IEscrow.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowRefundTest is EscrowFixture {
    function testFuzz_PaysThePayerBack(uint256 amount, uint64 time, bool committed) public {
        Terms memory terms = _terms();
        terms.amount = _bound(amount, 1, type(uint96).max);
        EscrowId id = _lock(terms);
        if (committed) _commit(terms);
        vm.warp(_bound(time, START, type(uint64).max));

        _expectLog(address(escrow));
        emit IEscrow.Refunded(id, terms.ref, terms.token, terms.payer, terms.amount, committed ? 4 : 3);
        _refund(terms);

        _assertStatus(terms, Status.Refunded);
        _assertBalance(payer, terms.amount);
        _assertBalance(payee, 0);
        _assertHeld(0, 0);
    }

    function testFuzz_OnlyTheOperatorRefunds(address caller) public {
        vm.assume(caller != operator);
        bytes32 role = escrow.OPERATOR_ROLE();
        Terms memory terms = _terms();
        _lock(terms);
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.refund(terms);
        _assertStatus(terms, Status.Locked);
    }

    function test_NothingFollowsARefund() public {
        Terms memory terms = _terms();
        _lock(terms);
        // What another escrow holds would pay for a second exit.
        _lock(_termsFor("another transfer"));
        _refund(terms);
        vm.warp(HARD_DEADLINE);
        _expectNotOpen(terms, Status.Refunded);
        _refund(terms);
        _expectNotOpen(terms, Status.Refunded);
        _release(terms);
        _expectNotOpen(terms, Status.Refunded);
        _expire(terms, stranger);
        _assertHeld(terms.amount, 0);
    }

    /// @dev It can only take money back to where it came from: to stop it would protect no one.
    function test_NeitherPauseNorListNorLimitsStopIt() public {
        Terms memory terms = _terms();
        _lock(terms);
        _commit(terms);
        _pause();
        vm.prank(admin);
        escrow.setTokenAllowed(address(token), false);
        vm.prank(limiter);
        escrow.lowerLimits(address(token), _noLimits());
        _refund(terms);
        _assertBalance(payer, terms.amount);
    }
}
