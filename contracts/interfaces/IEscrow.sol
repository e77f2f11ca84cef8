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
///
///     None ── lock ──▶ Locked ── release ──▶ Released
///                        │ ├──── refund, expire ──▶ Refunded
///                        │ commit
///                        ▼
///                     Committed ── release, expire ──▶ Released
///                          └────── refund, expire ──▶ Refunded
enum Status {
    None,
    Locked,
    Released,
    Refunded,
    Committed
}

/// @notice Everything that is ever decided about an escrow, fixed by the payer when he locks. Nothing else can direct its money.
/// @param ref The transfer it belongs to, keccak256(transfer id, salt): says nothing to a stranger, finds everything for the parties.
/// @param token The ERC-20 that is held; must be on the allow-list when the escrow is locked.
/// @param payer Gives the tokens, and is the only one to whom they can be refunded.
/// @param payee The only one to whom they can be released.
/// @param amount In the token's minor units. All that is held of a token stays below 2^96 of them: 79 billion tokens of 18 decimals.
/// @param refundAfter Unix seconds. From here on anyone may refund an escrow that is still locked, and no one may commit it any more.
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

/// @notice How much of a token may leave how fast, and who must agree. Amounts in minor units, with at most three or four significant
/// digits: up to 1,023 times a power of ten, up to 10^36.
/// @param capacity How much releases and commits may take at once, when nothing was taken before. Zero stops both.
/// @param refillPerDay How fast that capacity comes back. In any `t` seconds the operator can release no more than
/// `capacity + refillPerDay * t / 1 days`. At least `capacity / 365`, so that an empty bucket is full again within a year.
/// @param attestationThreshold A release of more than this needs attestations.
/// @param attestationQuorum How many. Zero means that a release above the threshold is not possible at all, but by `expire`.
struct Limits {
    uint256 capacity;
    uint256 refillPerDay;
    uint256 attestationThreshold;
    uint8 attestationQuorum;
}

/// @notice An attester's word that an escrow may be released: his EIP-712 signature over
/// `ReleaseAttestation(bytes32 escrowId,uint64 validUntil)` under the contract's domain.
/// @param attester Holder of ATTESTER_ROLE; a contract answers by ERC-1271.
/// @param validUntil Unix seconds, inclusive.
struct Attestation {
    address attester;
    uint64 validUntil;
    bytes signature;
}

/// @notice A token to start with.
struct Listing {
    address token;
    Limits limits;
}

/// @notice Who holds what from the start.
/// @param admin Grants roles, lists tokens, ends pauses; replaced in two steps (AccessControlDefaultAdminRules).
/// @param adminDelay Seconds between the two steps.
/// @param limitsDelay Seconds between the proposal of limits and their application.
struct EscrowSetup {
    address admin;
    uint48 adminDelay;
    uint64 limitsDelay;
    address[] operators;
    address[] guardians;
    address[] limiters;
    address[] attesters;
    Listing[] listings;
}

/// @notice Everything about one token, as of now.
/// @param allowed Whether new escrows may hold it.
/// @param paused Whether lock, commit and release are stopped for it.
/// @param sequence The number of its last event; zero for a token that was never listed.
/// @param locked The sum of its open escrows.
/// @param credited The sum of its credits.
/// @param available What releases and commits could take now.
/// @param limits The limits in force.
/// @param proposed The limits that were proposed, if `notBefore` is not zero.
/// @param notBefore Unix seconds. From here on the proposed limits can be applied.
struct TokenState {
    bool allowed;
    bool paused;
    uint40 sequence;
    uint256 locked;
    uint256 credited;
    uint256 available;
    Limits limits;
    Limits proposed;
    uint64 notBefore;
}

/// @title Escrow of a bridge between bank rails and stablecoins
/// @notice Holds tokens while the bank leg of a transfer is in doubt, and pays them out exactly once: released to the payee or refunded
/// to the payer. Callers hand in the full terms each time; the contract stores one status per id.
///
/// What the contract guarantees, whoever holds the bridge's keys:
/// - Tokens leave only to the payer or the payee of terms under which they came in, once, and in the amount that came in.
/// - From `refundAfter` on anyone can give a locked escrow back to its payer, and from `hardDeadline` on anyone can take the exit of a
///   committed one; also while the token is paused, with every role revoked and every limit at zero.
/// - Nobody but the operator can end a committed escrow before its hard deadline.
/// - A payout that the token refuses is not lost and holds up no one else: it becomes a credit, which the owner can claim for ever.
/// - In any window no more is released by the operator than the token's capacity plus what was refilled meanwhile.
/// - For every token, the contract's balance is at least its open escrows plus its credits.
///
/// Auditing: every event about a token carries that token's `sequence`, which starts at 1 (`TokenListed`) and grows by exactly 1 with
/// each event, so that a log that is missing is a gap. The events alone tell every status, total, credit and limit.
///
/// @dev The guarantee on balances holds for tokens that move exactly what they are asked to move and do not change balances by
/// themselves; the allow-list is for choosing them, and a lock is refused when the token shows that it is none of them.
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
        OnExpiry onExpiry,
        uint40 sequence
    );

    /// @notice The point of no return: from here on the payer gets his tokens back only from the operator, or by the exit that the terms
    /// name, from `hardDeadline` on.
    event Committed(EscrowId indexed id, bytes32 indexed ref, address indexed token, uint40 sequence);

    /// @notice The escrow ended in favour of the payee. Final. He has the tokens, or, if `Credited` follows, a credit for them.
    event Released(
        EscrowId indexed id,
        bytes32 indexed ref,
        address indexed token,
        address payee,
        uint256 amount,
        uint40 sequence
    );

    /// @notice The escrow ended in favour of the payer. Final. He has the tokens, or, if `Credited` follows, a credit for them.
    event Refunded(
        EscrowId indexed id,
        bytes32 indexed ref,
        address indexed token,
        address payer,
        uint256 amount,
        uint40 sequence
    );

    /// @notice The token refused the payout (a deny-listed account, a paused token). The tokens stay here and belong to `owner`.
    event Credited(
        EscrowId indexed id,
        bytes32 indexed ref,
        address indexed token,
        address owner,
        uint256 amount,
        uint40 sequence
    );

    /// @notice A credit was paid out, all of it.
    /// @param to The owner, or where he directed it.
    event CreditClaimed(address indexed token, address indexed owner, address indexed to, uint256 amount, uint40 sequence);

    /// @notice One item of a batch was refused, and changed nothing. Says something about that call only, and nothing about the escrow: a
    /// batch that anyone sends is refused item by item.
    /// @param reason The revert data that the same call would have given alone.
    event Skipped(EscrowId indexed id, bytes32 indexed ref, address indexed token, bytes reason);

    /// @notice The token is new on the allow-list. Its first event: sequence 1.
    event TokenListed(address indexed token, Limits limits, uint40 sequence);

    /// @notice A listed token may, or may not any more, be locked in new escrows.
    event TokenAllowed(address indexed token, bool allowed, uint40 sequence);

    /// @notice Lock, commit and release of the token are stopped, or no longer.
    event TokenPaused(address indexed token, bool paused, address by, uint40 sequence);

    /// @notice New limits are in force.
    event LimitsChanged(address indexed token, Limits limits, uint40 sequence);

    /// @notice New limits will be possible from `notBefore` (Unix seconds) on.
    event LimitsProposed(address indexed token, Limits limits, uint64 notBefore, uint40 sequence);

    /// @notice The proposed limits were dropped.
    event LimitsProposalCancelled(address indexed token, uint40 sequence);

    /// @notice Tokens that belonged to no escrow and to no credit were taken out.
    /// @param sequence Zero for a token that was never listed.
    event Rescued(address indexed token, address indexed to, uint256 amount, uint40 sequence);

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
    /// @notice The guardian has stopped lock, commit and release of this token.
    error TokenIsPaused(address token);
    /// @notice `refundAfter` is not in the future: the escrow would be expired at birth.
    error RefundAfterPassed(uint64 refundAfter, uint256 timestamp);
    /// @notice `refundAfter` lies beyond `hardDeadline`.
    error DeadlinesReversed(uint64 refundAfter, uint64 hardDeadline);
    /// @notice `hardDeadline` lies more than 366 days ahead: a slip there would bury the tokens.
    error DeadlineTooFar(uint64 hardDeadline, uint256 latest);
    /// @notice The escrow could hold no more of this token: totals are kept in 96 bits.
    error AmountTooLarge(uint256 amount);
    /// @notice These terms have been locked before. Terms are used once, whatever became of them.
    error EscrowExists(EscrowId id, Status status);
    /// @notice The escrow was never locked, or has already left the state that this action needs.
    error EscrowNotOpen(EscrowId id, Status status);
    /// @notice It is not yet the deadline from which on anyone may take the exit.
    error EscrowNotExpired(EscrowId id, uint64 deadline);
    /// @notice From `refundAfter` on anyone may refund a locked escrow; a commit may not take that away.
    error CommitTooLate(EscrowId id, uint64 refundAfter);
    /// @notice The token delivered another amount than was asked of it.
    error ReceiptMismatch(address token, uint256 expected, uint256 received);
    /// @notice The contract holds less of the token than it owes: the token has changed balances by itself.
    error TokenInsolvent(address token, uint256 owed, uint256 balance);
    /// @notice The call has too little gas left for the token to be given a fair chance to pay.
    error PayoutNeedsGas(uint256 required, uint256 left);
    /// @notice The amount is above the threshold: use `releaseAttested`.
    error AttestationsRequired(EscrowId id, uint256 threshold);
    /// @notice There are fewer attestations than the quorum, or the quorum is zero.
    error TooFewAttestations(uint256 given, uint8 quorum);
    /// @notice Attesters must be given in ascending order of address, each once.
    error AttestersNotAscending(address previous, address attester);
    /// @notice The signature is not the attester's, has expired, or he does not hold the role.
    error AttestationInvalid(address attester);
    /// @notice One account may not be both operator and attester: one stolen key would then be two.
    error OperatorCannotAttest(address account);
    /// @notice There is nothing to claim.
    error NoCredit(address token, address owner);
    /// @notice The tokens cannot go to the zero address or to this contract.
    error RecipientInvalid(address to);
    /// @notice The redirection has expired, or the owner has not signed it.
    error RedirectInvalid(address owner);
    /// @notice The token is not listed.
    error TokenNotListed(address token);
    /// @notice The token is already listed.
    error TokenAlreadyListed(address token);
    /// @notice There are as many tokens as a pause of all can reach in one transaction.
    error TooManyTokens(uint256 most);
    /// @notice The account has no code, so it is no token.
    error NotAContract(address token);
    /// @notice A refill below `capacity / 365` a day.
    error RefillTooSlow(uint256 capacity, uint256 refillPerDay);
    /// @notice Something about these limits is looser than what is in force: propose them instead.
    error LimitsNotLower(address token);
    /// @notice No limits were proposed.
    error NoLimitsProposed(address token);
    /// @notice The proposed limits are not due yet.
    error LimitsNotDue(address token, uint64 notBefore);
    /// @notice Neither limiter nor admin.
    error CannotCancelLimits(address caller);
    /// @notice Less is in surplus than was asked for.
    error NoSuchSurplus(address token, uint256 surplus);

    // Locking

    /// @notice Takes `terms.amount` from the caller, who must be `terms.payer` and must have approved it, and locks it.
    /// Refused while the token is paused.
    /// @return id The id of the new escrow.
    function lock(Terms calldata terms) external returns (EscrowId id);

    /// @notice Locks by an ERC-3009 `receiveWithAuthorization` that the payer has signed with the escrow's id as its nonce. Anyone may
    /// send it: the nonce binds the payer to these very terms, and only this contract can use the authorization.
    function lockWithAuthorization(
        Terms calldata terms,
        uint256 validAfter,
        uint256 validBefore,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (EscrowId id);

    /// @notice Locks after an ERC-2612 `permit`. The caller must be `terms.payer`: a permit says nothing about terms.
    /// @dev A permit that fails is ignored if the allowance is there: somebody may have sent the signature ahead of us.
    function lockWithPermit(Terms calldata terms, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external returns (EscrowId id);

    // Deciding

    /// @notice The point of no return: fiat is leaving, or is final. Suspends `refundAfter` until `hardDeadline`. Operator only, before
    /// `refundAfter`; takes from the token's bucket; refused while paused.
    /// @dev Needs no attestation, for it pays no one. Where the terms' exit is a release, it does decide that one is due at
    /// `hardDeadline`: until then whoever is operator can still refund, and the bucket bounds how much a stolen key could commit.
    function commit(Terms calldata terms) external;

    /// @notice Pays a locked or committed escrow to its payee. Operator only; takes from the token's bucket; refused while paused, and
    /// above the token's attestation threshold.
    /// @dev Allowed after a deadline too, as long as no one has taken the exit: the first of the two wins.
    function release(Terms calldata terms) external;

    /// @notice Like `release`, for any amount, with the word of a quorum of attesters.
    function releaseAttested(Terms calldata terms, Attestation[] calldata attestations) external;

    /// @notice Pays a locked or committed escrow back to its payer. Operator only; allowed while paused.
    /// @dev A pause is for the case that something or someone releases or locks what it should not. A refund can only take money back to
    /// where it came from; to stop it would protect no one, and would make the customers of every transfer that fails during an
    /// incident wait for their money.
    function refund(Terms calldata terms) external;

    /// @notice Takes the exit that is due. Anyone; never paused, never limited. From `refundAfter` on a locked escrow is refunded; from
    /// `hardDeadline` on a committed one takes the exit that its terms name.
    function expire(Terms calldata terms) external;

    // In batches: each item by itself, exactly as if it had been sent alone. What is refused is skipped and reported by `Skipped` and
    // in `refusals`: the error's selector (`0xffffffff` when the refusal carried none), or zero for what went through. But `PayoutNeedsGas`
    // refuses the whole batch: it says nothing about the item, and an estimate of gas must not find it cheapest to pay no one.

    /// @notice `lock` for each. The caller is the payer of all.
    function lockBatch(Terms[] calldata items) external returns (bytes4[] memory refusals);

    /// @notice `release` for each.
    function releaseBatch(Terms[] calldata items) external returns (bytes4[] memory refusals);

    /// @notice `refund` for each.
    function refundBatch(Terms[] calldata items) external returns (bytes4[] memory refusals);

    // Credits

    /// @notice Pays the whole credit to its owner. Anyone; never paused. Reverts while the token still refuses.
    function claim(address token, address owner) external;

    /// @notice Pays the whole credit of `owner` to another account: at his own call (the last two arguments are then ignored), or on his
    /// EIP-712 signature over `Redirect(address token,address owner,address to,uint256 nonce,uint256 deadline)`; a contract answers by
    /// ERC-1271. Anyone may send the signature, until `deadline` (Unix seconds, inclusive). The nonce is `nonces(owner)`. It names no amount
    /// and cannot be taken back, so that it directs a later credit too: sign with a short deadline.
    function claimTo(address token, address owner, address to, uint256 deadline, bytes calldata signature) external;

    // Guarding

    /// @notice Stops lock, commit and release of one token. Guardian only: a key that can stop can be kept closer at hand than one that
    /// can start.
    function pause(address token) external;

    /// @notice Stops lock, commit and release of every listed token. Guardian only.
    function pauseAll() external;

    /// @notice Ends the pause of one token. Admin only.
    function unpause(address token) external;

    /// @notice Puts tighter limits in force at once, and drops any that were proposed: nothing may be looser than now. Limiter only.
    function lowerLimits(address token, Limits calldata limits) external;

    /// @notice Announces limits of any kind; `applyLimits` can put them in force after the delay. Limiter only.
    function proposeLimits(address token, Limits calldata limits) external;

    /// @notice Puts the proposed limits in force. Limiter only, after the delay.
    function applyLimits(address token) external;

    /// @notice Drops the proposed limits. Limiter or admin.
    function cancelLimits(address token) external;

    /// @notice Lists a new token with its first limits. Admin only. At most 64 tokens, for ever.
    function listToken(address token, Limits calldata limits) external;

    /// @notice Takes a listed token off the allow-list for new escrows, or puts it back on. Admin only. Open escrows and credits of the
    /// token are not affected.
    function setTokenAllowed(address token, bool allowed) external;

    /// @notice Sends tokens that belong to no escrow and to no credit (somebody's slip, a gift) to `to`. Admin only.
    function rescue(address token, address to, uint256 amount) external;

    // Reading

    /// @notice The id that the escrow of these terms has, whether or not it exists.
    function escrowIdOf(Terms calldata terms) external view returns (EscrowId);

    /// @notice Where an escrow stands; `None` if its terms were never locked.
    function statusOf(EscrowId id) external view returns (Status);

    /// @notice The sum of the open escrows of a token, in its minor units.
    function totalLocked(address token) external view returns (uint256);

    /// @notice What an account can claim of a token, in its minor units.
    function creditOf(address token, address owner) external view returns (uint256);

    /// @notice Everything about one token.
    function tokenState(address token) external view returns (TokenState memory);

    /// @notice All tokens that were ever listed, in the order of listing.
    function listedTokens() external view returns (address[] memory);
}
