// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId, IEscrow, Limits, OnExpiry, Status, TokenState} from "../../interfaces/IEscrow.sol";
import {Vm} from "./Vm.t.sol";

/// @dev What an auditor knows who has nothing but the logs.
contract EscrowFold {
    mapping(EscrowId id => Status) public statusOf;
    mapping(address token => mapping(address owner => uint256)) public creditOf;
    mapping(address token => TokenState) private _tokens;

    /// @dev All but `available`, which is a matter of time.
    function tokenState(address token) external view returns (TokenState memory) {
        return _tokens[token];
    }

    /// @param emitter Whose logs count.
    function follow(Vm.Log[] calldata logs, address emitter) external {
        for (uint256 i = 0; i < logs.length; ++i) if (logs[i].emitter == emitter && logs[i].topics.length > 1) _apply(logs[i]);
    }

    function _apply(Vm.Log memory log) private {
        bytes32 name = log.topics[0];
        EscrowId id = EscrowId.wrap(log.topics[1]);
        if (name == IEscrow.Locked.selector) _locked(id, log);
        else if (name == IEscrow.Committed.selector) {
            require(statusOf[id] == Status.Locked, "fold: commits what is not locked");
            _next(_third(log), abi.decode(log.data, (uint40)));
            statusOf[id] = Status.Committed;
        } else if (name == IEscrow.Released.selector) _ended(id, log, Status.Released);
        else if (name == IEscrow.Refunded.selector) _ended(id, log, Status.Refunded);
        else if (name == IEscrow.Credited.selector) _credited(log);
        else if (name == IEscrow.CreditClaimed.selector) _claimed(log);
        else if (name != IEscrow.Skipped.selector) _governed(name, log);
    }

    function _locked(EscrowId id, Vm.Log memory log) private {
        (, , uint256 amount, , , , uint40 sequence) = abi.decode(
            log.data,
            (address, address, uint256, uint64, uint64, OnExpiry, uint40)
        );
        require(statusOf[id] == Status.None, "fold: locked twice");
        _next(_third(log), sequence).locked += amount;
        statusOf[id] = Status.Locked;
    }

    function _ended(EscrowId id, Vm.Log memory log, Status status) private {
        (, uint256 amount, uint40 sequence) = abi.decode(log.data, (address, uint256, uint40));
        require(statusOf[id] == Status.Locked || statusOf[id] == Status.Committed, "fold: ends what is not open");
        _next(_third(log), sequence).locked -= amount;
        statusOf[id] = status;
    }

    function _credited(Vm.Log memory log) private {
        (address owner, uint256 amount, uint40 sequence) = abi.decode(log.data, (address, uint256, uint40));
        address token = _third(log);
        _next(token, sequence).credited += amount;
        creditOf[token][owner] += amount;
    }

    function _claimed(Vm.Log memory log) private {
        (uint256 amount, uint40 sequence) = abi.decode(log.data, (uint256, uint40));
        address token = _first(log);
        address owner = address(uint160(uint256(log.topics[2])));
        require(creditOf[token][owner] == amount, "fold: claims another amount");
        _next(token, sequence).credited -= amount;
        creditOf[token][owner] = 0;
    }

    function _governed(bytes32 name, Vm.Log memory log) private {
        address token = _first(log);
        if (name == IEscrow.TokenListed.selector) {
            (Limits memory limits, uint40 sequence) = abi.decode(log.data, (Limits, uint40));
            TokenState storage state = _next(token, sequence);
            state.limits = limits;
            state.allowed = true;
        } else if (name == IEscrow.TokenAllowed.selector) {
            (bool allowed, uint40 sequence) = abi.decode(log.data, (bool, uint40));
            _next(token, sequence).allowed = allowed;
        } else if (name == IEscrow.TokenPaused.selector) {
            (bool paused, , uint40 sequence) = abi.decode(log.data, (bool, address, uint40));
            _next(token, sequence).paused = paused;
        } else if (name == IEscrow.LimitsChanged.selector) {
            (Limits memory limits, uint40 sequence) = abi.decode(log.data, (Limits, uint40));
            TokenState storage state = _next(token, sequence);
            state.limits = limits;
            _drop(state);
        } else if (name == IEscrow.LimitsProposed.selector) {
            (Limits memory limits, uint64 notBefore, uint40 sequence) = abi.decode(log.data, (Limits, uint64, uint40));
            TokenState storage state = _next(token, sequence);
            state.proposed = limits;
            state.notBefore = notBefore;
        } else if (name == IEscrow.LimitsProposalCancelled.selector) {
            _drop(_next(token, abi.decode(log.data, (uint40))));
        } else if (name == IEscrow.Rescued.selector) {
            (, uint40 sequence) = abi.decode(log.data, (uint256, uint40));
            _next(token, sequence);
        }
        // What is left is about roles.
    }

    /// @dev Each event of a token has the number after the last one's.
    function _next(address token, uint40 sequence) private returns (TokenState storage state) {
        state = _tokens[token];
        require(sequence == state.sequence + 1, "fold: a gap in the sequence");
        state.sequence = sequence;
    }

    function _drop(TokenState storage state) private {
        delete state.proposed;
        delete state.notBefore;
    }

    function _first(Vm.Log memory log) private pure returns (address) {
        return address(uint160(uint256(log.topics[1])));
    }

    function _third(Vm.Log memory log) private pure returns (address) {
        return address(uint160(uint256(log.topics[3])));
    }
}
