// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId, IEscrow, Status, Terms} from "../interfaces/IEscrow.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowCommitTest is EscrowFixture {
    function testFuzz_TheOperatorCommitsUntilRefundAfter(uint64 time) public {
        Terms memory terms = _terms();
        EscrowId id = _lock(terms);
        vm.warp(_bound(time, START, REFUND_AFTER - 1));
        _expectLog(address(escrow));
        emit IEscrow.Committed(id, terms.ref, terms.token, 3);
        _commit(terms);
        _assertStatus(terms, Status.Committed);
        _assertHeld(terms.amount, 0);
    }

    /// @dev From `refundAfter` on the refund is the payer's right, also while no one has taken it yet.
    function testFuzz_ItIsTooLateFromRefundAfterOn(uint64 time) public {
        Terms memory terms = _terms();
        EscrowId id = _lock(terms);
        vm.warp(_bound(time, REFUND_AFTER, type(uint40).max));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CommitTooLate.selector, id, REFUND_AFTER));
        _commit(terms);
        _assertStatus(terms, Status.Locked);
    }

    function test_ItIsTooLateToTheSecond() public {
        Terms memory terms = _terms();
        EscrowId id = _lock(terms);
        vm.warp(REFUND_AFTER);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CommitTooLate.selector, id, REFUND_AFTER));
        _commit(terms);
        vm.warp(REFUND_AFTER - 1);
        _commit(terms);
        _assertStatus(terms, Status.Committed);
    }

    function test_OnlyALockedEscrowIsCommitted() public {
        Terms memory terms = _terms();
        _refuses(terms, Status.None);
        _lock(terms);
        _commit(terms);
        _refuses(terms, Status.Committed);
        _release(terms);
        _refuses(terms, Status.Released);
        terms = _termsFor("another transfer");
        _lock(terms);
        _refund(terms);
        _refuses(terms, Status.Refunded);
    }

    function testFuzz_OnlyTheOperatorCommits(address caller) public {
        vm.assume(caller != operator);
        bytes32 role = escrow.OPERATOR_ROLE();
        Terms memory terms = _terms();
        _lock(terms);
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.commit(terms);
        _assertStatus(terms, Status.Locked);
    }

    function test_APauseStopsIt() public {
        Terms memory terms = _terms();
        _lock(terms);
        _pause();
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TokenIsPaused.selector, address(token)));
        _commit(terms);
        vm.prank(admin);
        escrow.unpause(address(token));
        _commit(terms);
        _assertStatus(terms, Status.Committed);
    }

    /// @dev Fiat that has left must not be paid for twice: the soft deadline is off.
    function testFuzz_SuspendsTheRefundUntilTheHardDeadline(address caller, uint64 time) public {
        Terms memory terms = _terms();
        EscrowId id = _lock(terms);
        _commit(terms);
        vm.warp(_bound(time, REFUND_AFTER, HARD_DEADLINE - 1));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowNotExpired.selector, id, HARD_DEADLINE));
        _expire(terms, caller);
        _assertStatus(terms, Status.Committed);
    }

    function _refuses(Terms memory terms, Status status) private {
        _expectNotOpen(terms, status);
        _commit(terms);
        _assertStatus(terms, status);
    }
}
