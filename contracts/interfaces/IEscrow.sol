// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Names one escrow: the EIP-712 hash of its terms under the contract's domain (name "Causeway Escrow", version "1",
/// chain id, contract address). Equal terms are the same escrow; one changed bit is another.
type EscrowId is bytes32;

/// @notice The exit that anyone may take once a committed escrow has reached its hard deadline.
enum OnExpiry {
    Refund,
    Release
}

/// @notice Where an escrow stands. The numbers are part of the interface: a new status is added at the end.
enum Status {
    None,
    Locked,
    Released,
    Refunded
}

/// @notice Everything that is ever decided about an escrow, fixed by the payer when he locks. Nothing else can direct its money.
/// @param ref The transfer it belongs to, keccak256(transfer id, salt): says nothing to a stranger, finds everything for the parties.
/// @param token The ERC-20 that is held; must be on the allow-list when the escrow is locked.
/// @param payer Gives the tokens, and is the only one to whom they can be refunded.
/// @param payee The only one to whom they can be released.
/// @param amount In the token's minor units.
/// @param refundAfter Unix seconds. From here on anyone may refund an escrow that is still locked.
/// @param hardDeadline Unix seconds, not before `refundAfter`. From here on anyone may take a committed escrow's exit.
/// @param onExpiry Which exit that is.
struct Terms {
    bytes32 ref;
    address token;
    address payer;
    address payee;
    uint256 amount;
    uint64 refundAfter;
    uint64 hardDeadline;
    OnExpiry onExpiry;
}

/// @title Escrow of a bridge between bank rails and stablecoins
/// @notice Holds tokens while the bank leg of a transfer is in doubt, and pays them out exactly once: released to the payee or refunded
/// to the payer. Callers hand in the full terms each time; the contract stores one status per id.
///
/// What the contract guarantees, whoever holds the bridge's keys:
/// - Tokens leave only to the payer or the payee of terms under which they came in, once, and in the amount that came in.
/// - From `refundAfter` on anyone can give a locked escrow back to its payer, also while the contract is paused.
/// - For every token, the contract's balance is at least `totalLocked(token)`, the sum of its open escrows.
///
/// @dev The guarantee on balances holds for tokens that move exactly what they are asked to move; the allow-list is for choosing them.
/// There is no proxy and no setter for anything that an open escrow depends on.
interface IEscrow {
    /// @notice The payer's tokens have arrived. Carries the full terms, so that an auditor needs nothing but the logs.
    event Locked(
        EscrowId indexed id,
        bytes32 indexed ref,
        address indexed token,
        address payer,
        address payee,
        uint256 amount,
        uint64 refundAfter,
        uint64 hardDeadline,
        OnExpiry onExpiry
    );

    /// @notice The payee was paid. Final: nothing further can happen to this escrow.
    event Released(EscrowId indexed id, bytes32 indexed ref, address indexed token, address payee, uint256 amount);

    /// @notice The payer was paid back. Final: nothing further can happen to this escrow.
    /// @param by Who triggered it: the operator, or anyone after `refundAfter`.
    event Refunded(EscrowId indexed id, bytes32 indexed ref, address indexed token, address payer, uint256 amount, address by);

    /// @notice The admin has put a token on the allow-list or taken it off.
    event TokenAllowed(address indexed token, bool allowed);

    /// @notice The ref is zero: the escrow could not be matched to a transfer.
    error ZeroRef();
    /// @notice The token is the zero address.
    error ZeroToken();
    /// @notice The payer is the zero address.
    error ZeroPayer();
    /// @notice The payee is the zero address.
    error ZeroPayee();
    /// @notice The amount is zero.
    error ZeroAmount();
    /// @notice The payee is this contract, where the tokens would belong to no one.
    error PayeeIsEscrow();
    /// @notice Only the payer may lock. Else anyone could spend the allowance of another into terms of his own choice.
    error CallerNotPayer(address caller, address payer);
    /// @notice The token is not on the allow-list.
    error TokenNotAllowed(address token);
    /// @notice `refundAfter` is not in the future: the escrow would be expired at birth.
    error RefundAfterPassed(uint64 refundAfter, uint256 timestamp);
    /// @notice `refundAfter` lies beyond `hardDeadline`.
    error DeadlinesReversed(uint64 refundAfter, uint64 hardDeadline);
    /// @notice These terms have been locked before. Terms are used once, whatever became of them.
    error EscrowExists(EscrowId id, Status status);
    /// @notice The escrow was never locked, or has already left the state that this action needs.
    error EscrowNotOpen(EscrowId id, Status status);
    /// @notice It is not yet `refundAfter`.
    error EscrowNotExpired(EscrowId id, uint64 refundAfter);
    /// @notice The token delivered another amount than was asked of it.
    error ReceiptMismatch(address token, uint256 expected, uint256 received);

    /// @notice Takes `terms.amount` from the caller, who must be `terms.payer` and must have approved it, and locks it.
    /// Refused while paused.
    /// @return id The id of the new escrow.
    function lock(Terms calldata terms) external returns (EscrowId id);

    /// @notice Pays a locked escrow to its payee. Operator only; refused while paused.
    /// @dev Allowed after `refundAfter` too, as long as no one has refunded: the first of the two wins.
    function release(Terms calldata terms) external;

    /// @notice Pays a locked escrow back to its payer. Operator only; allowed while paused.
    /// @dev A pause is for the case that something or someone releases or locks what it should not. A refund can only take money back to
    /// where it came from, which from `refundAfter` on anyone may do anyway; to stop it would protect no one, and would make the customers
    /// of every transfer that fails during an incident wait for their money.
    function refund(Terms calldata terms) external;

    /// @notice Pays a locked escrow back to its payer. Anyone, from `terms.refundAfter` on; never paused.
    function expire(Terms calldata terms) external;

    /// @notice Stops `lock` and `release`. Guardian only: a key that can stop can be kept closer at hand than one that can start.
    function pause() external;

    /// @notice Ends a pause. Admin only.
    function unpause() external;

    /// @notice Puts a token on the allow-list for new escrows, or takes it off. Admin only. Open escrows of the token are not affected.
    function setTokenAllowed(address token, bool allowed) external;

    /// @notice The id that the escrow of these terms has, whether or not it exists.
    function escrowIdOf(Terms calldata terms) external view returns (EscrowId);

    /// @notice Where an escrow stands; `None` if its terms were never locked.
    function statusOf(EscrowId id) external view returns (Status);

    /// @notice The sum of the open escrows of a token, in its minor units.
    function totalLocked(address token) external view returns (uint256);

    /// @notice Whether new escrows may hold this token.
    function isTokenAllowed(address token) external view returns (bool);
}
