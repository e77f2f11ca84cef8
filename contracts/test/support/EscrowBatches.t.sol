// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId, IEscrow, Status, Terms} from "../../interfaces/IEscrow.sol";
import {EscrowDeciders} from "./EscrowDeciders.t.sol";
import {Vm, vm} from "./Vm.t.sol";

/// @dev The batches: each is first tried item by item, in a world that is thrown away, and must then come to the same.
abstract contract EscrowBatches is EscrowDeciders {
    uint256 private constant MOST = 5;

    /// @dev Carries what the single calls came to out of the world that is thrown away.
    error Trial(bytes[] refusals, bytes32 told, bytes32 world);

    function lockBatch(uint256 seed) external happens {
        address by = party(_dice(seed, "payer of all", PARTIES));
        Terms[] memory items = new Terms[](_dice(seed, "items", MOST + 1));
        for (uint256 i = 0; i < items.length; ++i) {
            uint256 sub = uint256(keccak256(abi.encode(seed, i)));
            (items[i], ) = _someTerms(sub);
            if (_dice(sub, "another's", 8) > 0) items[i].payer = by;
            if (i > 0 && _dice(sub, "duplicate", 4) == 0) items[i] = items[i - 1];
        }
        bytes4[] memory refusals = _runBatch(by, IEscrow.lock.selector, IEscrow.lockBatch.selector, items);
        for (uint256 i = 0; i < items.length; ++i) {
            if (refusals[i] != 0) continue;
            require(items[i].payer == by, "a batch locks what is another's");
            _bookLock(items[i]);
        }
    }

    function releaseBatch(uint256 seed) external happens {
        (address by, uint256[] memory indices, Terms[] memory items) = _someItems(seed);
        bytes4[] memory refusals = _runBatch(by, IEscrow.release.selector, IEscrow.releaseBatch.selector, items);
        for (uint256 i = 0; i < items.length; ++i) {
            if (refusals[i] != 0) continue;
            require(_holds(_escrow.OPERATOR_ROLE(), by), "a stranger releases");
            _bookRelease(indices[i], _pays(items[i].token, items[i].payee));
        }
    }

    function refundBatch(uint256 seed) external happens {
        (address by, uint256[] memory indices, Terms[] memory items) = _someItems(seed);
        bytes4[] memory refusals = _runBatch(by, IEscrow.refund.selector, IEscrow.refundBatch.selector, items);
        for (uint256 i = 0; i < items.length; ++i) {
            // An open escrow is refunded whatever is wrong with the others.
            bool may = _isOpen(_books[indices[i]].status) && _holds(_escrow.OPERATOR_ROLE(), by);
            _judge(refusals[i] == 0, may, may, "refund in a batch");
            if (may) _bookEnd(indices[i], Status.Refunded, items[i].payer, _pays(items[i].token, items[i].payer));
        }
    }

    /// @notice Does the items one by one and reverts with what came of it.
    function tryOneByOne(address by, bytes4 single, Terms[] calldata items) external {
        // Who else calls this is the test runner, to whom a revert would be a finding.
        if (msg.sender != address(this)) return;
        bytes[] memory refusals = new bytes[](items.length);
        bytes32 told;
        for (uint256 i = 0; i < items.length; ++i) {
            vm.recordLogs();
            vm.prank(by);
            (bool ok, bytes memory answer) = address(_escrow).call(abi.encodeWithSelector(single, items[i]));
            Vm.Log[] memory logs = vm.getRecordedLogs();
            if (ok) told = _tell(told, logs, new bool[](logs.length));
            else refusals[i] = answer;
        }
        revert Trial(refusals, told, _world(items));
    }

    function _runBatch(address by, bytes4 single, bytes4 batch, Terms[] memory items) private returns (bytes4[] memory refusals) {
        (bytes[] memory expected, bytes32 told, bytes32 world) = _trial(by, single, items);
        vm.recordLogs();
        vm.prank(by);
        (bool ok, bytes memory answer) = address(_escrow).call(abi.encodeWithSelector(batch, items));
        require(ok, "a batch was refused as a whole");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bool[] memory undone = _undone(logs, expected);
        require(_tell(0, logs, undone) == told, "a batch tells of something else than the single calls");
        require(_world(items) == world, "a batch comes to something else than the single calls");
        _fold.follow(_without(logs, undone), address(_escrow));

        refusals = abi.decode(answer, (bytes4[]));
        require(refusals.length == items.length, "a batch answers for another number of items");
        for (uint256 i = 0; i < items.length; ++i) require(refusals[i] == _short(expected[i]), "a batch gives another reason");
    }

    function _trial(
        address by,
        bytes4 single,
        Terms[] memory items
    ) private returns (bytes[] memory refusals, bytes32 told, bytes32 world) {
        try this.tryOneByOne(by, single, items) {
            revert("a trial must not last");
        } catch (bytes memory outcome) {
            require(bytes4(outcome) == Trial.selector, "a trial broke off");
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                // Without the selector.
                mstore(add(outcome, 0x04), sub(mload(outcome), 0x04))
                outcome := add(outcome, 0x04)
            }
            return abi.decode(outcome, (bytes[], bytes32, bytes32));
        }
    }

    /// @dev The runner records the logs of reverted calls, too: that of a lock whose tokens did not come, right before it was skipped.
    /// Checks on the way that what was skipped is what was refused, for the same reason.
    function _undone(Vm.Log[] memory logs, bytes[] memory expected) private view returns (bool[] memory undone) {
        undone = new bool[](logs.length);
        uint256 item = 0;
        uint256 last = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(_escrow)) continue;
            if (logs[i].topics[0] == IEscrow.Skipped.selector) {
                while (item < expected.length && expected[item].length == 0) ++item;
                require(item < expected.length, "a batch skips what goes through alone");
                bytes memory reason = abi.decode(logs[i].data, (bytes));
                require(keccak256(reason) == keccak256(expected[item]), "a batch skips for another reason");
                if (
                    logs[last].topics[0] == IEscrow.Locked.selector &&
                    logs[last].topics[1] == logs[i].topics[1] &&
                    bytes4(reason) != IEscrow.EscrowExists.selector
                ) undone[last] = true;
                ++item;
            }
            last = i;
        }
        while (item < expected.length && expected[item].length == 0) ++item;
        require(item == expected.length, "a batch does not tell what it skips");
    }

    /// @dev All that the escrow told, in one hash, but for what is only told of batches.
    function _tell(bytes32 before, Vm.Log[] memory logs, bool[] memory undone) private view returns (bytes32 told) {
        told = before;
        for (uint256 i = 0; i < logs.length; ++i)
            if (logs[i].emitter == address(_escrow) && logs[i].topics[0] != IEscrow.Skipped.selector && !undone[i])
                told = keccak256(abi.encode(told, logs[i]));
    }

    function _without(Vm.Log[] memory logs, bool[] memory undone) private pure returns (Vm.Log[] memory) {
        for (uint256 i = 0; i < logs.length; ++i) if (undone[i]) logs[i].emitter = address(0);
        return logs;
    }

    /// @dev Everything that the views of the contract and the tokens show about the items, in one hash.
    function _world(Terms[] memory items) private view returns (bytes32 world) {
        for (uint256 t = 0; t < _tokens.length; ++t) {
            address token = address(_tokens[t]);
            world = keccak256(abi.encode(world, _state(token), _tokens[t].balanceOf(address(_escrow))));
        }
        for (uint256 i = 0; i < items.length; ++i) {
            EscrowId id = _escrow.escrowIdOf(items[i]);
            world = keccak256(
                abi.encode(world, _escrow.statusOf(id), _side(items[i], items[i].payer), _side(items[i], items[i].payee))
            );
        }
    }

    function _side(Terms memory item, address account) private view returns (bytes32) {
        for (uint256 t = 0; t < _tokens.length; ++t)
            if (address(_tokens[t]) == item.token)
                return keccak256(abi.encode(_escrow.creditOf(item.token, account), _tokens[t].balanceOf(account)));
        return 0;
    }

    function _someItems(uint256 seed) private view returns (address by, uint256[] memory indices, Terms[] memory items) {
        by = _mostly(_cast.operator, seed);
        uint256 length = _books.length == 0 ? 0 : _dice(seed, "items", MOST + 1);
        indices = new uint256[](length);
        items = new Terms[](length);
        for (uint256 i = 0; i < length; ++i) {
            uint256 sub = uint256(keccak256(abi.encode(seed, i)));
            (, indices[i]) = _someBook(sub);
            if (i > 0 && _dice(sub, "duplicate", 4) == 0) indices[i] = indices[i - 1];
            items[i] = _books[indices[i]].terms;
        }
    }

    function _short(bytes memory reason) private pure returns (bytes4) {
        if (reason.length == 0) return 0;
        return bytes4(reason);
    }
}
