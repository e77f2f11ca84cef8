// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EscrowId, IEscrow, Limits, Status, Terms} from "../interfaces/IEscrow.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {ReentrantToken} from "./support/HostileTokens.t.sol";
import {vm, Vm} from "./support/Vm.t.sol";

/// @dev A batch is a sequence of single calls, of which those that are refused are told of and left out.
contract EscrowBatchTest is EscrowFixture {
    uint256 private constant ITEMS = 8;

    /// @dev Hashes of all that a run left behind.
    struct Outcome {
        bytes32 storage_;
        bytes32 balances;
        bytes32 logs;
        bytes32 skipped;
    }

    /// @dev Some of the items are bad in some way, some come twice, some are refused by the token.
    function testFuzz_IsTheSequenceOfSingles(uint8 action, uint8[ITEMS] memory flaws, bool denied) public {
        bytes4 single = [IEscrow.lock.selector, IEscrow.release.selector, IEscrow.refund.selector][action % 3];
        bytes4 batch = [IEscrow.lockBatch.selector, IEscrow.releaseBatch.selector, IEscrow.refundBatch.selector][action % 3];
        address caller = action % 3 == 0 ? payer : operator;
        Terms[] memory items = _prepare(single, flaws);
        if (denied && action % 3 != 0) _setDenied(action % 3 == 1 ? payee : payer, true);

        uint256 snapshot = vm.snapshotState();
        vm.record();
        vm.recordLogs();
        bytes4[] memory refusals = _callBatch(caller, batch, items);
        (, bytes32[] memory slots) = vm.accesses(address(escrow));
        Outcome memory asBatch = _outcome(slots);
        vm.revertToState(snapshot);

        vm.recordLogs();
        bytes4[] memory expected = new bytes4[](ITEMS);
        bytes32 skipped;
        for (uint256 i = 0; i < ITEMS; ++i) {
            vm.prank(caller);
            (bool done, bytes memory reason) = address(escrow).call(abi.encodeWithSelector(single, items[i]));
            if (done) continue;
            expected[i] = bytes4(reason);
            Terms memory terms = items[i];
            skipped = keccak256(abi.encode(skipped, escrow.escrowIdOf(terms), terms.ref, terms.token, abi.encode(reason)));
        }
        Outcome memory asSingles = _outcome(slots);

        vm.assertEq(keccak256(abi.encode(refusals)), keccak256(abi.encode(expected)), "refusals");
        vm.assertEq(asBatch.storage_, asSingles.storage_, "storage");
        vm.assertEq(asBatch.balances, asSingles.balances, "balances");
        vm.assertEq(asBatch.logs, asSingles.logs, "logs");
        vm.assertEq(asBatch.skipped, skipped, "skipped");
        vm.assertTrue(slots.length > 0 || asBatch.logs == 0, "storage was compared");
    }

    function test_OneBadItemIsSkippedAndTold() public {
        Terms[] memory items = _items(3);
        for (uint256 i = 0; i < 3; ++i) _fund(items[i]);
        items[1].payee = address(0);
        _approveAll(items);
        _expectSkipped(items[1], abi.encodeWithSelector(IEscrow.ZeroPayee.selector));
        vm.prank(payer);
        _assertOnlySecond(escrow.lockBatch(items), IEscrow.ZeroPayee.selector);
        _assertStatus(items[0], Status.Locked);
        _assertStatus(items[1], Status.None);
        _assertStatus(items[2], Status.Locked);
        _assertHeld(items[0].amount + items[2].amount, 0);
    }

    function test_ASkippedReleaseLeavesTheOthersPaid() public {
        Terms[] memory items = _items(3);
        for (uint256 i = 0; i < 3; ++i) _lock(items[i]);
        _refund(items[1]);
        EscrowId id = escrow.escrowIdOf(items[1]);
        _expectSkipped(items[1], abi.encodeWithSelector(IEscrow.EscrowNotOpen.selector, id, Status.Refunded));
        vm.prank(operator);
        _assertOnlySecond(escrow.releaseBatch(items), IEscrow.EscrowNotOpen.selector);
        _assertBalance(payee, items[0].amount + items[2].amount);
        _assertHeld(0, 0);
    }

    function test_ASkippedRefundLeavesTheOthersPaid() public {
        Terms[] memory items = _items(3);
        for (uint256 i = 0; i < 3; ++i) _lock(items[i]);
        _release(items[1]);
        EscrowId id = escrow.escrowIdOf(items[1]);
        _expectSkipped(items[1], abi.encodeWithSelector(IEscrow.EscrowNotOpen.selector, id, Status.Released));
        vm.prank(operator);
        _assertOnlySecond(escrow.refundBatch(items), IEscrow.EscrowNotOpen.selector);
        _assertBalance(payer, items[0].amount + items[2].amount);
        _assertHeld(0, 0);
    }

    /// @dev What a refused item had done before it was refused is undone.
    function test_ASkippedItemTakesNothingFromTheBucket() public {
        escrow = _deploy(address(token), Limits(1_000e6, 675e6, 500e6, 1));
        Terms[] memory items = _items(2);
        (items[0].amount, items[1].amount) = (600e6, 500e6);
        for (uint256 i = 0; i < 2; ++i) _lock(items[i]);
        vm.prank(operator);
        bytes4[] memory refusals = escrow.releaseBatch(items);
        vm.assertTrue(refusals[0] == IEscrow.AttestationsRequired.selector && refusals[1] == 0, "refusals");
        vm.assertEq(escrow.tokenState(address(token)).available, 500e6, "available");
    }

    function test_TheSameItemTwiceIsPaidOnce() public {
        Terms[] memory items = _items(2);
        _lock(items[0]);
        _lock(_termsFor("what else it holds"));
        items[1] = items[0];
        vm.prank(operator);
        _assertOnlySecond(escrow.releaseBatch(items), IEscrow.EscrowNotOpen.selector);
        _assertBalance(payee, items[0].amount);
        _assertHeld(_terms().amount, 0);
    }

    function test_APayeeWhoIsRefusedHoldsUpNoOne() public {
        Terms[] memory items = _items(3);
        items[1].payee = stranger;
        for (uint256 i = 0; i < 3; ++i) _lock(items[i]);
        _setDenied(stranger, true);
        vm.prank(operator);
        bytes4[] memory refusals = escrow.releaseBatch(items);
        // Not a refusal of ours: the escrow has ended, and the tokens are his.
        vm.assertEq(keccak256(abi.encode(refusals)), keccak256(abi.encode(new bytes4[](3))), "refusals");
        _assertBalance(payee, items[0].amount + items[2].amount);
        vm.assertEq(escrow.creditOf(address(token), stranger), items[1].amount, "credit");
        _assertHeld(0, items[1].amount);
    }

    function test_AnEmptyBatchDoesNothing() public {
        Terms[] memory none = new Terms[](0);
        vm.recordLogs();
        vm.assertEq(escrow.lockBatch(none).length, 0, "locks");
        vm.assertEq(escrow.releaseBatch(none).length, 0, "releases");
        vm.assertEq(escrow.refundBatch(none).length, 0, "refunds");
        vm.assertEq(vm.getRecordedLogs().length, 0, "logs");
    }

    /// @dev Each item is called in the name of whoever called the batch, not in that of the escrow.
    function testFuzz_GivesNoOneMoreRights(address caller) public {
        vm.assume(caller != operator && caller != payer);
        bytes32 role = escrow.OPERATOR_ROLE();
        Terms[] memory items = _items(1);
        _fund(items[0]);
        bytes memory notPayer = abi.encodeWithSelector(IEscrow.CallerNotPayer.selector, caller, payer);
        _expectSkipped(items[0], notPayer);
        _callBatch(caller, IEscrow.lockBatch.selector, items);
        _assertStatus(items[0], Status.None);

        vm.prank(payer);
        escrow.lock(items[0]);
        bytes memory noRole = abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, role);
        _expectSkipped(items[0], noRole);
        _callBatch(caller, IEscrow.releaseBatch.selector, items);
        _expectSkipped(items[0], noRole);
        _callBatch(caller, IEscrow.refundBatch.selector, items);
        _assertStatus(items[0], Status.Locked);
        // `Skipped` is no event of the token: a stranger must not be able to move its sequence.
        vm.assertEq(escrow.tokenState(address(token)).sequence, 2, "sequence");
    }

    /// @dev A refusal without data, or with the data that would say "done", is still a refusal.
    function test_ARefusalWithoutASelectorIsToldAsSuch() public {
        Terms[] memory items = _items(1);
        _fund(items[0]);
        bytes[2] memory reasons = [bytes(""), abi.encodePacked(uint64(0))];
        for (uint256 i = 0; i < reasons.length; ++i) {
            vm.mockCallRevert(address(token), abi.encodeWithSelector(token.transferFrom.selector), reasons[i]);
            bytes4[] memory refusals = _callBatch(payer, IEscrow.lockBatch.selector, items);
            vm.assertTrue(refusals[0] != 0, "refused");
            _assertStatus(items[0], Status.None);
            vm.clearMockedCalls();
        }
        vm.assertTrue(_callBatch(payer, IEscrow.lockBatch.selector, items)[0] == 0, "the control");
    }

    /// @dev A token that calls back finds every item of the second batch refused, and the first batch goes on.
    function test_NoBatchWithinABatch() public {
        ReentrantToken loop = new ReentrantToken();
        vm.prank(admin);
        escrow.listToken(address(loop), _looseLimits());
        bytes32 role = escrow.OPERATOR_ROLE();
        vm.prank(admin);
        escrow.grantRole(role, address(loop));
        Terms[] memory items = _items(2);
        for (uint256 i = 0; i < 2; ++i) {
            items[i].token = address(loop);
            loop.mint(payer, items[i].amount);
            vm.startPrank(payer);
            loop.approve(address(escrow), items[i].amount);
            escrow.lock(items[i]);
            vm.stopPrank();
        }
        loop.arm(address(escrow), abi.encodeCall(IEscrow.refundBatch, (items)));
        vm.prank(operator);
        escrow.releaseBatch(items);

        vm.assertTrue(loop.succeeded(), "the batch itself is not refused");
        bytes4 reentrant = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
        bytes4[] memory refusals = abi.decode(loop.answer(), (bytes4[]));
        vm.assertTrue(refusals[0] == reentrant && refusals[1] == reentrant, "refusals");
        vm.assertEq(loop.balanceOf(payee), items[0].amount + items[1].amount, "payee");
        vm.assertEq(loop.balanceOf(payer), 0, "payer");
    }

    /// @dev Open escrows to release or refund, or funds to lock, and then a flaw here and there.
    function _prepare(bytes4 single, uint8[ITEMS] memory flaws) private returns (Terms[] memory items) {
        items = _items(ITEMS);
        for (uint256 i = 0; i < ITEMS; ++i) {
            if (single != IEscrow.lock.selector) _lock(items[i]);
            else _fund(items[i]);
        }
        for (uint256 i = 0; i < ITEMS; ++i) {
            uint256 flaw = flaws[i] % 8;
            if (flaw == 0) items[i].payee = address(0);
            else if (flaw == 1) items[i] = items[flaws[i] % ITEMS];
            else if (flaw == 2) items[i].ref = "never locked";
            else if (flaw == 3) items[i].refundAfter = START;
            else if (flaw == 4 && single != IEscrow.lock.selector) _commit(items[i]);
        }
        _approveAll(items);
    }

    function _items(uint256 count) private view returns (Terms[] memory items) {
        items = new Terms[](count);
        for (uint256 i = 0; i < count; ++i) {
            items[i] = _termsFor(bytes32(i + 1));
            items[i].amount = 1e6 + i;
        }
    }

    function _approveAll(Terms[] memory items) private {
        uint256 sum = 0;
        for (uint256 i = 0; i < items.length; ++i) sum += items[i].amount;
        vm.prank(payer);
        token.approve(address(escrow), sum);
    }

    function _callBatch(address caller, bytes4 batch, Terms[] memory items) private returns (bytes4[] memory) {
        vm.prank(caller);
        (bool done, bytes memory answer) = address(escrow).call(abi.encodeWithSelector(batch, items));
        vm.assertTrue(done, "a batch is never refused as a whole");
        return abi.decode(answer, (bytes4[]));
    }

    function _outcome(bytes32[] memory slots) private returns (Outcome memory outcome) {
        for (uint256 i = 0; i < slots.length; ++i)
            outcome.storage_ = keccak256(abi.encode(outcome.storage_, vm.load(address(escrow), slots[i])));
        address[3] memory accounts = [payer, payee, address(escrow)];
        for (uint256 i = 0; i < accounts.length; ++i)
            outcome.balances = keccak256(abi.encode(outcome.balances, token.balanceOf(accounts[i])));
        outcome.storage_ = keccak256(abi.encode(outcome.storage_, escrow.tokenState(address(token))));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32[] memory topics = logs[i].topics;
            // A single call that is refused leaves no log at all.
            if (topics[0] != IEscrow.Skipped.selector) outcome.logs = keccak256(abi.encode(outcome.logs, logs[i]));
            else outcome.skipped = keccak256(abi.encode(outcome.skipped, topics[1], topics[2], topics[3], logs[i].data));
        }
    }

    function _expectSkipped(Terms memory terms, bytes memory reason) private {
        EscrowId id = escrow.escrowIdOf(terms);
        _expectLog(address(escrow));
        emit IEscrow.Skipped(id, terms.ref, terms.token, reason);
    }

    function _assertOnlySecond(bytes4[] memory refusals, bytes4 selector) private pure {
        for (uint256 i = 0; i < refusals.length; ++i) vm.assertTrue(refusals[i] == (i == 1 ? selector : bytes4(0)), "refusals");
    }
}
