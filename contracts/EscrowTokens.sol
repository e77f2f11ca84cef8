// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IEscrow, Limits, TokenState} from "./interfaces/IEscrow.sol";
import {Custody} from "./libraries/Custody.sol";
import {RefillBucket} from "./libraries/RefillBucket.sol";
import {RoundAmounts} from "./libraries/RoundAmount.sol";

/// @title What the escrow knows about each token, and who may change it
/// @notice See {IEscrow}, which is the document.
abstract contract EscrowTokens is IEscrow, AccessControlDefaultAdminRules {
    /// @notice May commit, release and refund, to no one but the parties of the terms.
    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");
    /// @notice May pause, and nothing else.
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
    /// @notice May lower limits at once, and raise them after a delay.
    bytes32 public constant LIMITER_ROLE = keccak256("LIMITER_ROLE");
    /// @notice May attest to large releases; never an operator.
    bytes32 public constant ATTESTER_ROLE = keccak256("ATTESTER_ROLE");

    uint256 private constant MAX_TOKENS = 64;

    /// @dev A struct, so that its place is computed once and handed on.
    struct CustodySlot {
        Custody word;
    }

    struct Proposal {
        Limits limits;
        uint64 notBefore;
    }

    uint64 private immutable LIMITS_DELAY;

    address[] private _tokens;
    mapping(address token => CustodySlot) internal _custody;
    mapping(address token => Proposal) private _proposals;

    constructor(uint64 delay) {
        LIMITS_DELAY = delay;
    }

    /// @inheritdoc IEscrow
    function pause(address token) external onlyRole(GUARDIAN_ROLE) {
        _setPaused(token, true);
    }

    /// @inheritdoc IEscrow
    function pauseAll() external onlyRole(GUARDIAN_ROLE) {
        for (uint256 i = 0; i < _tokens.length; ++i) {
            // What is paused already stays silent: its sequence counts changes.
            if (!_custody[_tokens[i]].word.paused()) _setPaused(_tokens[i], true);
        }
    }

    /// @inheritdoc IEscrow
    function unpause(address token) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setPaused(token, false);
    }

    /// @inheritdoc IEscrow
    function lowerLimits(address token, Limits calldata limits) external onlyRole(LIMITER_ROLE) {
        Limits memory current = _limitsOf(_listed(token).word);
        bool lower =
            limits.capacity <= current.capacity &&
                limits.refillPerDay <= current.refillPerDay &&
                limits.attestationThreshold <= current.attestationThreshold &&
                _isStricterQuorum(limits.attestationQuorum, current.attestationQuorum);
        if (!lower) revert LimitsNotLower(token);
        delete _proposals[token];
        _setLimits(token, limits);
    }

    /// @inheritdoc IEscrow
    function proposeLimits(address token, Limits calldata limits) external onlyRole(LIMITER_ROLE) {
        CustodySlot storage slot = _listed(token);
        // Refused now rather than after the delay.
        _checkLimits(limits);
        uint64 notBefore = uint64(block.timestamp) + LIMITS_DELAY;
        _proposals[token] = Proposal(limits, notBefore);
        emit LimitsProposed(token, limits, notBefore, _tell(slot, slot.word));
    }

    /// @inheritdoc IEscrow
    function applyLimits(address token) external onlyRole(LIMITER_ROLE) {
        Proposal memory proposal = _proposals[token];
        if (proposal.notBefore == 0) revert NoLimitsProposed(token);
        if (block.timestamp < proposal.notBefore) revert LimitsNotDue(token, proposal.notBefore);
        delete _proposals[token];
        _setLimits(token, proposal.limits);
    }

    /// @inheritdoc IEscrow
    function cancelLimits(address token) external {
        bool may = hasRole(LIMITER_ROLE, msg.sender) || hasRole(DEFAULT_ADMIN_ROLE, msg.sender);
        if (!may) revert CannotCancelLimits(msg.sender);
        if (_proposals[token].notBefore == 0) revert NoLimitsProposed(token);
        delete _proposals[token];
        CustodySlot storage slot = _custody[token];
        emit LimitsProposalCancelled(token, _tell(slot, slot.word));
    }

    /// @inheritdoc IEscrow
    function listToken(address token, Limits calldata limits) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _listToken(token, limits);
    }

    /// @inheritdoc IEscrow
    function setTokenAllowed(address token, bool allowed) external onlyRole(DEFAULT_ADMIN_ROLE) {
        CustodySlot storage slot = _listed(token);
        emit TokenAllowed(token, allowed, _tell(slot, slot.word.withAllowed(allowed)));
    }

    /// @inheritdoc IEscrow
    function tokenState(address token) external view returns (TokenState memory) {
        Custody custody = _custody[token].word;
        Limits memory limits = _limitsOf(custody);
        uint256 credited = _totalCreditedOf(token);
        return
            TokenState({
                allowed: custody.allowed(),
                paused: custody.paused(),
                sequence: custody.sequence(),
                locked: custody.owed() - credited,
                credited: credited,
                available: RefillBucket.available(custody.fullAt(), limits.capacity, limits.refillPerDay, block.timestamp),
                limits: limits,
                proposed: _proposals[token].limits,
                notBefore: _proposals[token].notBefore
            });
    }

    /// @inheritdoc IEscrow
    function listedTokens() external view returns (address[] memory) {
        return _tokens;
    }

    /// @inheritdoc IEscrow
    function totalLocked(address token) external view returns (uint256) {
        return _custody[token].word.owed() - _totalCreditedOf(token);
    }

    /// @dev The sum of the credits of a token.
    function _totalCreditedOf(address token) internal view virtual returns (uint256);

    function _listToken(address token, Limits memory limits) internal {
        if (token == address(0)) revert ZeroToken();
        if (token.code.length == 0) revert NotAContract(token);
        CustodySlot storage slot = _custody[token];
        if (slot.word.sequence() != 0) revert TokenAlreadyListed(token);
        if (_tokens.length >= MAX_TOKENS) revert TooManyTokens(MAX_TOKENS);
        _tokens.push(token);
        emit TokenListed(token, limits, _tell(slot, _underLimits(slot.word.withAllowed(true), limits)));
    }

    /// @dev The caller writes the word.
    function _takenFromBucket(Custody custody, uint256 amount) internal view returns (Custody) {
        return
            custody.withFullAt(
                RefillBucket.take(
                    custody.fullAt(),
                    amount,
                    custody.capacity().decode(),
                    custody.refillPerDay().decode(),
                    block.timestamp
                )
            );
    }

    /// @dev Writes the word under the next number, which goes into the event.
    function _tell(CustodySlot storage slot, Custody custody) internal returns (uint40) {
        custody = custody.next();
        slot.word = custody;
        return custody.sequence();
    }

    /// @dev The two must stay apart for ever, not only when a release is attested.
    function _grantRole(bytes32 role, address account) internal virtual override returns (bool) {
        if (role == OPERATOR_ROLE && hasRole(ATTESTER_ROLE, account)) revert OperatorCannotAttest(account);
        if (role == ATTESTER_ROLE && hasRole(OPERATOR_ROLE, account)) revert OperatorCannotAttest(account);
        return super._grantRole(role, account);
    }

    function _setPaused(address token, bool paused) private {
        CustodySlot storage slot = _listed(token);
        emit TokenPaused(token, paused, msg.sender, _tell(slot, slot.word.withPaused(paused)));
    }

    function _setLimits(address token, Limits memory limits) private {
        CustodySlot storage slot = _custody[token];
        emit LimitsChanged(token, limits, _tell(slot, _underLimits(slot.word, limits)));
    }

    function _underLimits(Custody custody, Limits memory limits) private view returns (Custody) {
        _checkLimits(limits);
        uint48 fullAt = RefillBucket.rescale(
            custody.fullAt(),
            custody.refillPerDay().decode(),
            limits.capacity,
            limits.refillPerDay,
            block.timestamp
        );
        return
            custody.withFullAt(fullAt).withLimits(
                RoundAmounts.encode(limits.capacity),
                RoundAmounts.encode(limits.refillPerDay),
                RoundAmounts.encode(limits.attestationThreshold),
                limits.attestationQuorum
            );
    }

    function _checkLimits(Limits memory limits) private pure {
        RoundAmounts.encode(limits.attestationThreshold);
        RoundAmounts.encode(limits.capacity);
        RoundAmounts.encode(limits.refillPerDay);
        if (limits.capacity > limits.refillPerDay * RefillBucket.MAX_DAYS_TO_REFILL)
            revert RefillTooSlow(limits.capacity, limits.refillPerDay);
    }

    /// @dev A quorum of zero is the strictest: no attestation can satisfy it.
    function _isStricterQuorum(uint8 quorum, uint8 current) private pure returns (bool) {
        return quorum == 0 || (current != 0 && quorum >= current);
    }

    function _listed(address token) private view returns (CustodySlot storage slot) {
        slot = _custody[token];
        if (slot.word.sequence() == 0) revert TokenNotListed(token);
    }

    function _limitsOf(Custody custody) private pure returns (Limits memory) {
        return
            Limits({
                capacity: custody.capacity().decode(),
                refillPerDay: custody.refillPerDay().decode(),
                attestationThreshold: custody.attestationThreshold().decode(),
                attestationQuorum: custody.attestationQuorum()
            });
    }
}
