// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId, Status, Terms} from "./IEscrow.sol";

/// @notice What there is at one deposit address.
/// @param account The address.
/// @param status Of the escrow that is locked from it.
/// @param balances Of each token that was asked about, in its minor units, with what the escrow owes the address as a credit.
struct Holding {
    address account;
    Status status;
    uint256[] balances;
}

/// @title Addresses to which a deposit is brought by a plain transfer
/// @notice Who pays from an exchange or a simple wallet can neither approve nor sign, and a transfer carries no reference. So the reference
/// is the address: one for each deposit, known before anything is sent to it.
///
/// In every function here `terms` are those under which the payer would lock by himself: `terms.payer` is to whom comes back whatever
/// is not locked. The address follows from all of them, and from the escrow; not a bit of them can be another later. What is locked from it
/// has the same terms with the address itself as its payer, so that a refund of the escrow comes back there, and goes on to `terms.payer`.
///
/// What the contract guarantees, whoever holds the bridge's keys:
/// - Tokens leave a deposit address only into the escrow, once, under the terms of the address; or to `terms.payer`.
/// - Anyone can send them either way, as soon as it is certain which way is theirs: into the escrow when there is enough; to `terms.payer`
///   what is too much, of another token, or can no longer be locked, for it has been once or `refundAfter` has come.
/// - Before that, what is less than enough or still waits goes back only at the word of `terms.payer`, or of an operator of the escrow,
///   who could have refunded it if it were locked. A stranger cannot take back a part to which the rest is on its way.
/// - No pause, no role and no other deposit can stop a way back; only the token itself can, by refusing to pay `terms.payer`.
///
/// @dev Immutable, without an owner, and never holds anything itself. An address gets code (an ERC-1167 clone) when something leaves it for
/// the first time. Ether that was sent there before goes back like a token; afterwards it is refused. A token that two contracts move
/// (an alias) could be taken back early through the other one, to `terms.payer`: list no such token in the escrow.
interface IDepositAddresses {
    /// @notice Something has left a deposit address for the one to whom it comes back.
    /// @param id Of the escrow that is, was or might have been locked from it.
    /// @param token The zero address for Ether.
    event Recovered(EscrowId indexed id, address indexed account, address indexed token, address to, uint256 amount);

    /// @notice `terms.payer` is the zero address: nothing could ever go back.
    error ZeroRefundAddress();
    /// @notice There is less at the address than is to be locked.
    error NotEnough(address account, uint256 amount, uint256 balance);
    /// @notice There is nothing of this token at the address that may go back now.
    error NothingToRecover(address account, address token);

    /// @notice Locks what was brought, under the terms of its address. Anyone. Refused while there is less than `terms.amount`, and by
    /// the escrow as any other lock is: from `refundAfter` on, a second time, while the token is paused.
    /// @return id The id of the new escrow.
    function lock(Terms calldata terms) external returns (EscrowId id);

    /// @notice Sends all that may go back to `terms.payer`. Anyone, for what can never be locked any more; `terms.payer` and operators of the
    /// escrow, for all. A credit that the escrow keeps for the address is claimed first.
    /// @param token The zero address for Ether.
    /// @return amount How much, in minor units.
    function recover(Terms calldata terms, address token) external returns (uint256 amount);

    /// @notice The deposit address of these terms. Reverts with `ZeroRefundAddress`.
    function depositAddressOf(Terms calldata terms) external view returns (address);

    /// @notice What there is at the addresses of several deposits.
    /// @param tokens The zero address for Ether.
    function look(Terms[] calldata deposits, address[] calldata tokens) external view returns (Holding[] memory);

    /// @notice The escrow that all of this is for.
    function escrow() external view returns (address);
}
