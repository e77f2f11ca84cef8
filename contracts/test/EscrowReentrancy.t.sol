// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Attestation, IEscrow, Status, Terms} from "../interfaces/IEscrow.sol";
import {HostileFixture} from "./support/HostileFixture.t.sol";
import {ReentrantToken} from "./support/HostileTokens.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev A token with every right that a callback could need (funds, an approval and the operator's role) calls back in the middle of every
/// action that moves tokens, into every entry that could move some.
contract EscrowReentrancyTest is HostileFixture {
    uint256 private constant SINGLES = 10;
    uint256 private constant ENTRIES = 13;
    bytes4 private constant GUARD = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;

    ReentrantToken private _loop;
    /// @dev What is acted upon, what is open beside it, and what could be locked.
    Terms private _subject;
    Terms private _beside;
    Terms private _next;

    function test_NothingGoesThroughWithinALock() public {
        for (uint256 entry = 0; entry < ENTRIES; ++entry) {
            _world();
            _arm(entry);
            vm.prank(payer);
            escrow.lock(_subject);
            _assertRefused(entry);
            _assertStatus(_subject, Status.Locked);
            _assertOwed(address(_loop), 2 * AMOUNT, AMOUNT);
        }
    }

    function test_NothingGoesThroughWithinALockOfABatch() public {
        for (uint256 entry = 0; entry < ENTRIES; ++entry) {
            _world();
            _arm(entry);
            vm.prank(payer);
            bytes4[] memory refusals = escrow.lockBatch(_justOne(_subject));
            vm.assertEq(bytes32(refusals[0]), 0, "refusal");
            _assertRefused(entry);
            _assertStatus(_subject, Status.Locked);
            _assertOwed(address(_loop), 2 * AMOUNT, AMOUNT);
        }
    }

    function test_NothingGoesThroughWithinARelease() public {
        for (uint256 entry = 0; entry < ENTRIES; ++entry) {
            _openWorld();
            _arm(entry);
            _release(_subject);
            _assertPaidOnce(entry, Status.Released);
        }
    }

    function test_NothingGoesThroughWithinAReleaseOfABatch() public {
        for (uint256 entry = 0; entry < ENTRIES; ++entry) {
            _openWorld();
            _arm(entry);
            vm.prank(operator);
            escrow.releaseBatch(_justOne(_subject));
            _assertPaidOnce(entry, Status.Released);
        }
    }

    function test_NothingGoesThroughWithinARefund() public {
        for (uint256 entry = 0; entry < ENTRIES; ++entry) {
            _openWorld();
            _arm(entry);
            _refund(_subject);
            _assertPaidOnce(entry, Status.Refunded);
        }
    }

    function test_NothingGoesThroughWithinARefundOfABatch() public {
        for (uint256 entry = 0; entry < ENTRIES; ++entry) {
            _openWorld();
            _arm(entry);
            vm.prank(operator);
            escrow.refundBatch(_justOne(_subject));
            _assertPaidOnce(entry, Status.Refunded);
        }
    }

    function test_NothingGoesThroughWithinAnExpiry() public {
        for (uint256 entry = 0; entry < ENTRIES; ++entry) {
            _openWorld();
            vm.warp(REFUND_AFTER);
            _arm(entry);
            _expire(_subject, stranger);
            _assertPaidOnce(entry, Status.Refunded);
        }
    }

    function test_NothingGoesThroughWithinAClaim() public {
        for (uint256 entry = 0; entry < ENTRIES; ++entry) {
            _world();
            _arm(entry);
            escrow.claim(address(_loop), stranger);
            _assertRefused(entry);
            vm.assertEq(_loop.balanceOf(stranger), AMOUNT, "owner");
            _assertOwed(address(_loop), AMOUNT, 0);
        }
    }

    function test_NothingGoesThroughWithinARescue() public {
        for (uint256 entry = 0; entry < ENTRIES; ++entry) {
            _world();
            _loop.mint(address(escrow), AMOUNT);
            _arm(entry);
            vm.prank(admin);
            escrow.rescue(address(_loop), admin, AMOUNT);
            _assertRefused(entry);
            vm.assertEq(_loop.balanceOf(admin), AMOUNT, "admin");
            _assertOwed(address(_loop), AMOUNT, AMOUNT);
        }
    }

    /// @dev Commit moves nothing and has no guard: what it finds in the middle of a payout is an escrow that has ended.
    function test_ACommitWithinAReleaseFindsTheEscrowEnded() public {
        _openWorld();
        _loop.arm(address(escrow), abi.encodeCall(IEscrow.commit, (_subject)));
        _release(_subject);
        vm.assertTrue(_loop.called() && !_loop.succeeded(), "called back");
        bytes memory reason = abi.encodeWithSelector(
            IEscrow.EscrowNotOpen.selector,
            escrow.escrowIdOf(_subject),
            Status.Released
        );
        vm.assertEq(keccak256(_loop.answer()), keccak256(reason), "reason");
        _assertStatus(_subject, Status.Released);
        vm.assertEq(_loop.balanceOf(payee), AMOUNT, "payee");
    }

    /// @dev Of another escrow it is like one right before: neither is lost, and the numbers of the events go on.
    function test_ACommitOfAnotherEscrowWithinAReleaseIsNotLost() public {
        _openWorld();
        uint40 sequence = escrow.tokenState(address(_loop)).sequence;
        _loop.arm(address(escrow), abi.encodeCall(IEscrow.commit, (_beside)));
        _release(_subject);
        vm.assertTrue(_loop.succeeded(), "commit");
        _assertStatus(_subject, Status.Released);
        _assertStatus(_beside, Status.Committed);
        vm.assertEq(escrow.tokenState(address(_loop)).sequence, sequence + 2, "sequence");
        _assertOwed(address(_loop), AMOUNT, AMOUNT);
    }

    /// @dev The control: the same calls go through when nothing else is under way.
    function test_TheSameCallsGoThroughByThemselves() public {
        for (uint256 entry = 0; entry < ENTRIES; ++entry) {
            // What needs a signature is refused for its own reason.
            if (entry == 1 || entry == 4 || entry == 8) continue;
            _world();
            _loop.mint(address(escrow), 1);
            if (entry == 6) vm.warp(REFUND_AFTER);
            bytes memory call = _entry(entry);
            vm.prank(entry == 9 ? admin : address(_loop));
            (bool ok, bytes memory answer) = address(escrow).call(call);
            vm.assertTrue(ok, "alone");
            if (entry >= SINGLES) vm.assertEq(bytes32(abi.decode(answer, (bytes4[]))[0]), 0, "alone in a batch");
        }
    }

    /// @dev One escrow of the looping token is open, one credit is there, one lock is prepared by the token itself.
    function _world() private {
        vm.warp(START);
        escrow = _deploy(address(token));
        _loop = new ReentrantToken();
        _beside = _listed(_loop);
        _loop.mint(payer, AMOUNT);
        _beside.ref = keccak256("beside");
        _lockHostile(_beside);

        Terms memory credited = _beside;
        credited.ref = keccak256("credited");
        credited.payee = stranger;
        _lockHostile(credited);
        // The token pays no one for a moment.
        bytes memory code = address(_loop).code;
        vm.etch(address(_loop), hex"fe");
        _release(credited);
        vm.etch(address(_loop), code);

        _subject = _beside;
        _subject.ref = keccak256("subject");
        _next = _beside;
        _next.ref = keccak256("next");
        _next.payer = address(_loop);
        _loop.mint(address(_loop), AMOUNT);
        vm.prank(address(_loop));
        _loop.approve(address(escrow), AMOUNT);
        bytes32 role = escrow.OPERATOR_ROLE();
        vm.prank(admin);
        escrow.grantRole(role, address(_loop));
    }

    function _openWorld() private {
        _world();
        vm.prank(payer);
        escrow.lock(_subject);
    }

    function _arm(uint256 entry) private {
        _loop.arm(address(escrow), _entry(entry));
    }

    /// @dev Everything that moves tokens, the batches last.
    function _entry(uint256 entry) private view returns (bytes memory) {
        Attestation[] memory none = new Attestation[](0);
        if (entry == 0) return abi.encodeCall(IEscrow.lock, (_next));
        if (entry == 1) return abi.encodeCall(IEscrow.lockWithAuthorization, (_next, 0, type(uint256).max, 27, "r", "s"));
        if (entry == 2) return abi.encodeCall(IEscrow.lockWithPermit, (_next, type(uint256).max, 27, "r", "s"));
        if (entry == 3) return abi.encodeCall(IEscrow.release, (_beside));
        if (entry == 4) return abi.encodeCall(IEscrow.releaseAttested, (_beside, none));
        if (entry == 5) return abi.encodeCall(IEscrow.refund, (_beside));
        if (entry == 6) return abi.encodeCall(IEscrow.expire, (_beside));
        if (entry == 7) return abi.encodeCall(IEscrow.claim, (address(_loop), stranger));
        if (entry == 8) return abi.encodeCall(IEscrow.claimTo, (address(_loop), stranger, payee, type(uint256).max, ""));
        if (entry == 9) return abi.encodeCall(IEscrow.rescue, (address(_loop), admin, 1));
        if (entry == 10) return abi.encodeCall(IEscrow.lockBatch, (_justOne(_next)));
        if (entry == 11) return abi.encodeCall(IEscrow.releaseBatch, (_justOne(_beside)));
        return abi.encodeCall(IEscrow.refundBatch, (_justOne(_beside)));
    }

    /// @dev A batch is not refused as a whole: each of its items is.
    function _assertRefused(uint256 entry) private view {
        vm.assertTrue(_loop.called(), "called back");
        vm.assertTrue(_loop.succeeded() == (entry >= SINGLES), "outcome of the call back");
        bytes memory answer = _loop.answer();
        bytes4 reason = entry < SINGLES ? bytes4(answer) : abi.decode(answer, (bytes4[]))[0];
        vm.assertEq(bytes32(reason), bytes32(GUARD), "reason");
        _assertStatus(_beside, Status.Locked);
        _assertStatus(_next, Status.None);
    }

    function _assertPaidOnce(uint256 entry, Status status) private view {
        _assertRefused(entry);
        _assertStatus(_subject, status);
        vm.assertEq(_loop.balanceOf(status == Status.Released ? payee : payer), AMOUNT, "paid once");
        _assertOwed(address(_loop), AMOUNT, AMOUNT);
        vm.assertEq(_loop.balanceOf(address(escrow)), 2 * AMOUNT, "what is left");
    }

    function _justOne(Terms memory terms) private pure returns (Terms[] memory items) {
        items = new Terms[](1);
        items[0] = terms;
    }
}
