// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC7802} from "@openzeppelin/contracts/interfaces/draft-IERC7802.sol";
import {EscrowId, IEscrow, Terms} from "./IEscrow.sol";

/// @notice How much a minter may create.
/// @param perTransaction The most in one call. Zero stops him.
/// @param capacity How much he may create at once, when he has created nothing before.
/// @param refillPerDay How fast that capacity comes back. In any `t` seconds he can create no more than
/// `capacity + refillPerDay * t / 1 days`. At least `capacity / 365`.
struct MinterLimits {
    uint96 perTransaction;
    uint96 capacity;
    uint96 refillPerDay;
}

/// @notice A minter to start with.
struct Minter {
    address account;
    MinterLimits limits;
}

/// @notice Who holds what from the start.
/// @param admin Grants roles, ends pauses; replaced in two steps (AccessControlDefaultAdminRules).
/// @param adminDelay Seconds between the two steps.
/// @param limitsDelay Seconds between the proposal of limits and their application.
struct SettlementSetup {
    string name;
    string symbol;
    address admin;
    uint48 adminDelay;
    uint64 limitsDelay;
    address[] escrows;
    address[] limiters;
    address[] pausers;
    Minter[] minters;
}

/// @title The dollar of an issuer who mints it himself
/// @notice An ERC-20 with six decimals, ERC-2612 permits and ERC-3009 authorizations, whose supply moves with the fiat behind it: minted
/// when dollars have come in, burned when they go out. Both follow ERC-7802 (`crosschainMint`, `crosschainBurn`): to this token a bank rail
/// is one more chain.
///
/// The contract is itself a party of the escrows that it mints for: it is their payer, so that a refund comes back here, or the payee of an
/// off-ramp, so that a release does. What an escrow sends here is burned on arrival; nobody else can send tokens here, by slip or by will.
///
/// What the contract guarantees:
/// - The supply is what was minted minus what was burned, and all of it is held by somebody else: `balanceOf(token)` is zero after every
///   transaction.
/// - No minter creates more than his limits allow, in one call or in any window, whichever way he mints.
/// - Only tokens of the caller, tokens that the caller may spend, and tokens that an escrow sends here are ever burned.
///
/// While the token is paused nothing moves, is minted or is burned. An escrow that ends during a pause keeps the payout as a credit
/// (`Credited`), to be claimed when the pause is over; what it owes to this contract is burned by that claim.
interface ISettlementToken is IERC20, IERC7802 {
    /// @notice A minter has these limits from now on. All zero: he is a minter no more.
    event MinterLimitsChanged(address indexed minter, MinterLimits limits);

    /// @notice These limits will be possible from `notBefore` (Unix seconds) on.
    event MinterLimitsProposed(address indexed minter, MinterLimits limits, uint64 notBefore);

    /// @notice The proposed limits were dropped.
    event MinterLimitsProposalCancelled(address indexed minter);

    /// @notice More than the minter may create in one call.
    error AboveTransactionLimit(address minter, uint256 amount, uint256 perTransaction);
    /// @notice Nothing was asked for.
    error ZeroAmount();
    /// @notice Tokens can come here only from an escrow, which burns them.
    error TransferToToken(address from);
    /// @notice Payer and token of the terms must be this contract.
    error NotOurTerms(address payer, address token);
    /// @notice The contract does not hold ESCROW_ROLE.
    error NotAnEscrow(address escrow);
    /// @notice A refill below `capacity / 365` a day.
    error RefillTooSlow(uint256 capacity, uint256 refillPerDay);
    /// @notice Something about these limits is looser than what is in force: propose them instead.
    error LimitsNotLower(address minter);
    /// @notice No limits were proposed.
    error NoLimitsProposed(address minter);
    /// @notice The proposed limits are not due yet.
    error LimitsNotDue(address minter, uint64 notBefore);
    /// @notice Neither limiter nor admin.
    error CannotCancelLimits(address caller);

    /// @notice Mints `terms.amount` and locks it in an escrow, in one transaction: there is never a minted token that nobody accounts for.
    /// Minters only, within their limits. `terms.payer` and `terms.token` must be this contract, and `escrow` must hold ESCROW_ROLE.
    /// @return id The id of the new escrow.
    function mintAndLock(IEscrow escrow, Terms calldata terms) external returns (EscrowId id);

    /// @notice Stops every transfer, mint and burn. Pauser only.
    function pause() external;

    /// @notice Ends a pause. Admin only.
    function unpause() external;

    /// @notice Puts tighter limits of a minter in force at once, and drops any that were proposed: nothing may be looser than now.
    /// Limiter only.
    function lowerMinterLimits(address minter, MinterLimits calldata limits) external;

    /// @notice Announces limits of any kind; `applyMinterLimits` can put them in force after the delay. Limiter only.
    function proposeMinterLimits(address minter, MinterLimits calldata limits) external;

    /// @notice Puts the proposed limits in force. Limiter only, after the delay.
    function applyMinterLimits(address minter) external;

    /// @notice Drops the proposed limits. Limiter or admin.
    function cancelMinterLimits(address minter) external;

    /// @notice The limits of a minter, and what he could mint now if it were not for the limit of a transaction.
    function minterOf(address minter) external view returns (MinterLimits memory limits, uint256 available);

    /// @notice The limits that are proposed for a minter and the Unix second from which on they can be applied; zero when there are none.
    function proposedMinterLimits(address minter) external view returns (MinterLimits memory limits, uint64 notBefore);
}
