// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OnExpiry, Status} from "../interfaces/IEscrow.sol";

/// @title What may become of an escrow, and when
/// @notice The diagram of {Status} as functions without storage, so that the escrow and the proofs run the same ones.
/// @dev Statuses are words: the compiler reads the rest of a slot before it writes a smaller type, and checks an enum at each reading.
library Lifecycle {
    uint256 internal constant NONE = uint256(Status.None);
    uint256 internal constant LOCKED = uint256(Status.Locked);
    uint256 internal constant RELEASED = uint256(Status.Released);
    uint256 internal constant REFUNDED = uint256(Status.Refunded);
    uint256 internal constant COMMITTED = uint256(Status.Committed);

    /// @notice The tokens are still here.
    function isOpen(uint256 status) internal pure returns (bool) {
        return status == LOCKED || status == COMMITTED;
    }

    /// @notice From here on anyone may take the exit of an open escrow. Before it nobody but the operator can end one.
    function deadlineOf(uint256 status, uint64 refundAfter, uint64 hardDeadline) internal pure returns (uint64) {
        return status == COMMITTED ? hardDeadline : refundAfter;
    }

    /// @notice The exit of an open escrow that is past its deadline: RELEASED or REFUNDED.
    function exitOf(uint256 status, OnExpiry onExpiry) internal pure returns (uint256) {
        return status == COMMITTED && onExpiry == OnExpiry.Release ? RELEASED : REFUNDED;
    }
}
