// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {EscrowCredits} from "./EscrowCredits.sol";
import {EscrowTokens} from "./EscrowTokens.sol";
import {Attestation, EscrowId, EscrowSetup, IEscrow, Status, Terms} from "./interfaces/IEscrow.sol";
import {Custodies, Custody} from "./libraries/Custody.sol";
import {Lifecycle} from "./libraries/Lifecycle.sol";

/// @title Escrow
/// @notice See {IEscrow}, which is the document.
contract Escrow is EscrowCredits {
    using SafeERC20 for IERC20;

    // EIP-712: an enum is encoded as uint8, and a user-defined value type as what it wraps.
    bytes32 private constant TERMS_TYPEHASH = keccak256(
        "Terms(bytes32 ref,address token,address payer,address payee,uint256 amount,uint64 refundAfter,uint64 hardDeadline,uint8 onExpiry)"
    );
    bytes32 private constant ATTESTATION_TYPEHASH = keccak256("ReleaseAttestation(bytes32 escrowId,uint64 validUntil)");

    /// @dev Longer than any bank leg can be in doubt, short enough to be waited out.
    uint256 private constant MAX_HOLD = 366 days;

    /// @dev A struct, so that its place is computed once and handed on.
    struct StatusSlot {
        uint256 status;
    }

    mapping(EscrowId id => StatusSlot) private _status;

    constructor(
        EscrowSetup memory setup
    )
        EscrowTokens(setup.limitsDelay)
        AccessControlDefaultAdminRules(setup.adminDelay, setup.admin)
        EIP712("Causeway Escrow", "1")
    {
        _grantAll(OPERATOR_ROLE, setup.operators);
        _grantAll(GUARDIAN_ROLE, setup.guardians);
        _grantAll(LIMITER_ROLE, setup.limiters);
        _grantAll(ATTESTER_ROLE, setup.attesters);
        for (uint256 i = 0; i < setup.listings.length; ++i) _listToken(setup.listings[i].token, setup.listings[i].limits);
    }

    /// @inheritdoc IEscrow
    function lock(Terms calldata terms) external nonReentrant returns (EscrowId id) {
        _checkCaller(terms);
        uint256 owed;
        (id, owed) = _open(terms);
        uint256 before = _solventBalance(terms.token, owed);
        _pull(terms, before);
    }

    /// @inheritdoc IEscrow
    function lockWithAuthorization(
        Terms calldata terms,
        uint256 validAfter,
        uint256 validBefore,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (EscrowId id) {
        uint256 owed;
        (id, owed) = _open(terms);
        uint256 before = _solventBalance(terms.token, owed);
        IERC3009(terms.token).receiveWithAuthorization(
            terms.payer,
            address(this),
            terms.amount,
            validAfter,
            validBefore,
            EscrowId.unwrap(id),
            v,
            r,
            s
        );
        _checkReceipt(terms, before);
    }

    /// @inheritdoc IEscrow
    function lockWithPermit(
        Terms calldata terms,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (EscrowId id) {
        _checkCaller(terms);
        uint256 owed;
        (id, owed) = _open(terms);
        uint256 before = _solventBalance(terms.token, owed);
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(terms.token).permit(terms.payer, address(this), terms.amount, deadline, v, r, s) {} catch {}
        _pull(terms, before);
    }

    /// @inheritdoc IEscrow
    function commit(Terms calldata terms) external onlyRole(OPERATOR_ROLE) {
        (EscrowId id, StatusSlot storage slot) = _find(terms);
        if (slot.status != Lifecycle.LOCKED) revert EscrowNotOpen(id, Status(slot.status));
        if (block.timestamp >= terms.refundAfter) revert CommitTooLate(id, terms.refundAfter);
        address token = terms.token;
        CustodySlot storage custodySlot = _custody[token];
        Custody custody = _takenForPayout(custodySlot.word, token, terms.amount);

        slot.status = Lifecycle.COMMITTED;
        emit Committed(id, terms.ref, token, _tell(custodySlot, custody));
    }

    /// @inheritdoc IEscrow
    function release(Terms calldata terms) external nonReentrant onlyRole(OPERATOR_ROLE) {
        (EscrowId id, StatusSlot storage slot) = _findOpen(terms);
        CustodySlot storage custodySlot = _custody[terms.token];
        Custody custody = _takenForPayout(custodySlot.word, terms.token, terms.amount);
        uint256 threshold = custody.attestationThreshold().decode();
        if (terms.amount > threshold) revert AttestationsRequired(id, threshold);
        _release(id, terms, slot, custodySlot, custody);
    }

    /// @inheritdoc IEscrow
    function releaseAttested(
        Terms calldata terms,
        Attestation[] calldata attestations
    ) external nonReentrant onlyRole(OPERATOR_ROLE) {
        (EscrowId id, StatusSlot storage slot) = _findOpen(terms);
        CustodySlot storage custodySlot = _custody[terms.token];
        Custody custody = _takenForPayout(custodySlot.word, terms.token, terms.amount);
        _checkAttestations(id, attestations, custody.attestationQuorum());
        _release(id, terms, slot, custodySlot, custody);
    }

    /// @inheritdoc IEscrow
    function refund(Terms calldata terms) external nonReentrant onlyRole(OPERATOR_ROLE) {
        (EscrowId id, StatusSlot storage slot) = _findOpen(terms);
        _refund(id, terms, slot);
    }

    /// @inheritdoc IEscrow
    function expire(Terms calldata terms) external nonReentrant {
        (EscrowId id, StatusSlot storage slot) = _findOpen(terms);
        uint256 status = slot.status;
        uint64 deadline = Lifecycle.deadlineOf(status, terms.refundAfter, terms.hardDeadline);
        if (block.timestamp < deadline) revert EscrowNotExpired(id, deadline);
        CustodySlot storage custodySlot = _custody[terms.token];
        if (Lifecycle.exitOf(status, terms.onExpiry) == Lifecycle.RELEASED)
            _release(id, terms, slot, custodySlot, custodySlot.word);
        else _refund(id, terms, slot);
    }

    /// @inheritdoc IEscrow
    function lockBatch(Terms[] calldata items) external returns (bytes4[] memory refusals) {
        return _each(this.lock.selector, items);
    }

    /// @inheritdoc IEscrow
    function releaseBatch(Terms[] calldata items) external returns (bytes4[] memory refusals) {
        return _each(this.release.selector, items);
    }

    /// @inheritdoc IEscrow
    function refundBatch(Terms[] calldata items) external returns (bytes4[] memory refusals) {
        return _each(this.refund.selector, items);
    }

    /// @inheritdoc IEscrow
    function statusOf(EscrowId id) external view returns (Status) {
        return Status(_status[id].status);
    }

    /// @inheritdoc IEscrow
    function escrowIdOf(Terms calldata terms) public view returns (EscrowId) {
        bytes32 typehash = TERMS_TYPEHASH;
        bytes32 structHash;
        // Every field of the struct is static, so its ABI encoding, as it lies in calldata, is its EIP-712 encodeData.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, typehash)
            calldatacopy(add(data, 0x20), terms, 0x100)
            structHash := keccak256(data, 0x120)
        }
        return EscrowId.wrap(_hashTypedDataV4(structHash));
    }

    /// @dev Checks the terms, books the escrow and tells of it; the tokens come next.
    /// @return id The id of the escrow.
    /// @return owed What the balance had to cover before this escrow.
    function _open(Terms calldata terms) private returns (EscrowId id, uint256 owed) {
        _checkTerms(terms);
        StatusSlot storage slot;
        (id, slot) = _find(terms);
        if (slot.status != Lifecycle.NONE) revert EscrowExists(id, Status(slot.status));
        address token = terms.token;
        CustodySlot storage custodySlot = _custody[token];
        Custody custody = custodySlot.word;
        if (!custody.allowed()) revert TokenNotAllowed(token);
        if (custody.paused()) revert TokenIsPaused(token);
        owed = custody.owed();
        if (terms.amount > Custodies.MAX_OWED - owed) revert AmountTooLarge(terms.amount);

        slot.status = Lifecycle.LOCKED;
        emit Locked(
            id,
            terms.ref,
            terms.token,
            terms.payer,
            terms.payee,
            terms.amount,
            terms.refundAfter,
            terms.hardDeadline,
            terms.onExpiry,
            _tell(custodySlot, custody.owing(terms.amount))
        );
    }

    function _pull(Terms calldata terms, uint256 before) private {
        IERC20(terms.token).safeTransferFrom(terms.payer, address(this), terms.amount);
        _checkReceipt(terms, before);
    }

    /// @dev A token that has taken from our balance by itself would let the next payer pay for it.
    function _solventBalance(address token, uint256 owed) private view returns (uint256 balance) {
        balance = IERC20(token).balanceOf(address(this));
        if (balance < owed) revert TokenInsolvent(token, owed, balance);
    }

    /// @dev A token that keeps a fee would leave the escrow owing more than it has.
    function _checkReceipt(Terms calldata terms, uint256 before) private view {
        uint256 balance = IERC20(terms.token).balanceOf(address(this));
        uint256 received = balance > before ? balance - before : 0;
        if (received != terms.amount) revert ReceiptMismatch(terms.token, terms.amount, received);
    }

    /// @dev What the operator's commits and releases obey and an exit after the deadline does not: the pause and the bucket.
    function _takenForPayout(Custody custody, address token, uint256 amount) private view returns (Custody) {
        if (custody.paused()) revert TokenIsPaused(token);
        return _takenFromBucket(custody, amount);
    }

    function _release(
        EscrowId id,
        Terms calldata terms,
        StatusSlot storage slot,
        CustodySlot storage custodySlot,
        Custody custody
    ) private {
        slot.status = Lifecycle.RELEASED;
        // It was part of `owed` as long as it was open.
        uint40 sequence = _tell(custodySlot, custody.discharged(terms.amount));
        emit Released(id, terms.ref, terms.token, terms.payee, terms.amount, sequence);
        _payOut(id, terms, terms.payee);
    }

    function _refund(EscrowId id, Terms calldata terms, StatusSlot storage slot) private {
        slot.status = Lifecycle.REFUNDED;
        CustodySlot storage custodySlot = _custody[terms.token];
        uint40 sequence = _tell(custodySlot, custodySlot.word.discharged(terms.amount));
        emit Refunded(id, terms.ref, terms.token, terms.payer, terms.amount, sequence);
        _payOut(id, terms, terms.payer);
    }

    function _find(Terms calldata terms) private view returns (EscrowId id, StatusSlot storage slot) {
        id = escrowIdOf(terms);
        slot = _status[id];
    }

    /// @dev The id is the hash of the terms, so what leaves under it is what came in under it.
    function _findOpen(Terms calldata terms) private view returns (EscrowId id, StatusSlot storage slot) {
        (id, slot) = _find(terms);
        uint256 status = slot.status;
        if (!Lifecycle.isOpen(status)) revert EscrowNotOpen(id, Status(status));
    }

    /// @dev Calls ourselves in our own storage and in the caller's name: each item runs the very code of the single call, and what it
    /// had done is undone if it is refused.
    function _each(bytes4 action, Terms[] calldata items) private returns (bytes4[] memory refusals) {
        refusals = new bytes4[](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            Terms calldata terms = items[i];
            bool done;
            // Terms are static, so the calldata of the single call is its selector and a copy: 530 gas an item less than to encode them.
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                let data := mload(0x40)
                mstore(data, action)
                calldatacopy(add(data, 0x04), terms, 0x100)
                done := delegatecall(gas(), address(), data, 0x104, 0x00, 0x00)
            }
            if (!done) refusals[i] = _skip(terms);
        }
    }

    /// @dev Right after the call that was refused: its answer is the reason.
    function _skip(Terms calldata terms) private returns (bytes4) {
        bytes memory reason = LowLevelCall.returnData();
        bytes4 selector = bytes4(reason);
        // Says nothing about the item: with more gas it would be paid.
        if (selector == PayoutNeedsGas.selector) LowLevelCall.bubbleRevert(reason);
        emit Skipped(escrowIdOf(terms), terms.ref, terms.token, reason);
        // Zero would say that it went through.
        return selector == 0 ? bytes4(0xffffffff) : selector;
    }

    function _checkAttestations(EscrowId id, Attestation[] calldata attestations, uint8 quorum) private view {
        if (quorum == 0 || attestations.length < quorum) revert TooFewAttestations(attestations.length, quorum);
        address previous = address(0);
        for (uint256 i = 0; i < attestations.length; ++i) {
            Attestation calldata given = attestations[i];
            if (given.attester <= previous) revert AttestersNotAscending(previous, given.attester);
            previous = given.attester;
            bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPEHASH, id, given.validUntil)));
            bool valid =
                hasRole(ATTESTER_ROLE, given.attester) &&
                    block.timestamp <= given.validUntil &&
                    SignatureChecker.isValidSignatureNowCalldata(given.attester, digest, given.signature);
            if (!valid) revert AttestationInvalid(given.attester);
        }
    }

    function _checkCaller(Terms calldata terms) private view {
        if (msg.sender != terms.payer) revert CallerNotPayer(msg.sender, terms.payer);
    }

    function _checkTerms(Terms calldata terms) private view {
        if (terms.ref == bytes32(0)) revert ZeroRef();
        if (terms.token == address(0)) revert ZeroToken();
        if (terms.payer == address(0)) revert ZeroPayer();
        if (terms.payee == address(0)) revert ZeroPayee();
        if (terms.amount == 0) revert ZeroAmount();
        if (terms.payee == address(this)) revert PayeeIsEscrow();
        if (terms.refundAfter <= block.timestamp) revert RefundAfterPassed(terms.refundAfter, block.timestamp);
        if (terms.refundAfter > terms.hardDeadline) revert DeadlinesReversed(terms.refundAfter, terms.hardDeadline);
        uint256 latest = block.timestamp + MAX_HOLD;
        if (terms.hardDeadline > latest) revert DeadlineTooFar(terms.hardDeadline, latest);
    }

    function _grantAll(bytes32 role, address[] memory accounts) private {
        for (uint256 i = 0; i < accounts.length; ++i) _grantRole(role, accounts[i]);
    }
}
