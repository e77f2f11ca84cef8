// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {EscrowId, IEscrow, Status, Terms} from "./interfaces/IEscrow.sol";

/// @title Escrow
/// @notice See {IEscrow}, which is the document.
contract Escrow is IEscrow, AccessControlDefaultAdminRules, EIP712, Pausable, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// @notice May release and refund, to no one but the parties of the terms.
    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");
    /// @notice May pause, and nothing else.
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    // EIP-712: an enum is encoded as uint8, and a user-defined value type as what it wraps.
    bytes32 private constant TERMS_TYPEHASH = keccak256(
        "Terms(bytes32 ref,address token,address payer,address payee,uint256 amount,uint64 refundAfter,uint64 hardDeadline,uint8 onExpiry)"
    );

    /// @dev One slot, because a lock reads and writes both.
    struct Custody {
        uint248 locked;
        bool allowed;
    }

    mapping(EscrowId id => Status) private _status;
    mapping(address token => Custody) private _custody;

    /// @param admin Grants roles, lists tokens, ends pauses; replaced in two steps (AccessControlDefaultAdminRules).
    /// @param adminDelay Seconds between the two steps.
    /// @param operator First holder of OPERATOR_ROLE.
    /// @param guardian First holder of GUARDIAN_ROLE.
    /// @param tokens The allow-list to start with.
    constructor(
        address admin,
        uint48 adminDelay,
        address operator,
        address guardian,
        address[] memory tokens
    ) AccessControlDefaultAdminRules(adminDelay, admin) EIP712("Causeway Escrow", "1") {
        _grantRole(OPERATOR_ROLE, operator);
        _grantRole(GUARDIAN_ROLE, guardian);
        for (uint256 i = 0; i < tokens.length; ++i) _setTokenAllowed(tokens[i], true);
    }

    /// @inheritdoc IEscrow
    function lock(Terms calldata terms) external nonReentrant whenNotPaused returns (EscrowId id) {
        _checkTerms(terms);
        id = escrowIdOf(terms);
        Status status = _status[id];
        require(status == Status.None, EscrowExists(id, status));
        Custody memory custody = _custody[terms.token];
        require(custody.allowed, TokenNotAllowed(terms.token));

        _status[id] = Status.Locked;
        _custody[terms.token].locked = (custody.locked + terms.amount).toUint248();
        emit Locked(
            id,
            terms.ref,
            terms.token,
            terms.payer,
            terms.payee,
            terms.amount,
            terms.refundAfter,
            terms.hardDeadline,
            terms.onExpiry
        );

        _receive(IERC20(terms.token), terms.payer, terms.amount);
    }

    /// @inheritdoc IEscrow
    function release(Terms calldata terms) external nonReentrant whenNotPaused onlyRole(OPERATOR_ROLE) {
        EscrowId id = escrowIdOf(terms);
        _close(id, terms, Status.Released);
        emit Released(id, terms.ref, terms.token, terms.payee, terms.amount);
        IERC20(terms.token).safeTransfer(terms.payee, terms.amount);
    }

    /// @inheritdoc IEscrow
    function refund(Terms calldata terms) external nonReentrant onlyRole(OPERATOR_ROLE) {
        _refund(escrowIdOf(terms), terms);
    }

    /// @inheritdoc IEscrow
    function expire(Terms calldata terms) external nonReentrant {
        EscrowId id = escrowIdOf(terms);
        require(block.timestamp >= terms.refundAfter, EscrowNotExpired(id, terms.refundAfter));
        _refund(id, terms);
    }

    /// @inheritdoc IEscrow
    function pause() external onlyRole(GUARDIAN_ROLE) {
        _pause();
    }

    /// @inheritdoc IEscrow
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }

    /// @inheritdoc IEscrow
    function setTokenAllowed(address token, bool allowed) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setTokenAllowed(token, allowed);
    }

    /// @inheritdoc IEscrow
    function statusOf(EscrowId id) external view returns (Status) {
        return _status[id];
    }

    /// @inheritdoc IEscrow
    function totalLocked(address token) external view returns (uint256) {
        return _custody[token].locked;
    }

    /// @inheritdoc IEscrow
    function isTokenAllowed(address token) external view returns (bool) {
        return _custody[token].allowed;
    }

    /// @inheritdoc IEscrow
    function escrowIdOf(Terms calldata terms) public view returns (EscrowId) {
        // Every field of the struct is static, so its ABI encoding is its EIP-712 encodeData.
        return EscrowId.wrap(_hashTypedDataV4(keccak256(abi.encode(TERMS_TYPEHASH, terms))));
    }

    function _setTokenAllowed(address token, bool allowed) private {
        require(token != address(0), ZeroToken());
        _custody[token].allowed = allowed;
        emit TokenAllowed(token, allowed);
    }

    /// @dev Compares the balance before and after: a token that keeps a fee would leave the escrow owing more than it has.
    function _receive(IERC20 token, address payer, uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(payer, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        require(received == amount, ReceiptMismatch(address(token), amount, received));
    }

    function _refund(EscrowId id, Terms calldata terms) private {
        _close(id, terms, Status.Refunded);
        emit Refunded(id, terms.ref, terms.token, terms.payer, terms.amount, msg.sender);
        IERC20(terms.token).safeTransfer(terms.payer, terms.amount);
    }

    /// @dev The one place where an open escrow ends. The id is the hash of the terms, so what leaves here is what came in under it.
    function _close(EscrowId id, Terms calldata terms, Status outcome) private {
        Status status = _status[id];
        require(status == Status.Locked, EscrowNotOpen(id, status));
        _status[id] = outcome;
        _custody[terms.token].locked -= uint248(terms.amount);
    }

    function _checkTerms(Terms calldata terms) private view {
        require(terms.ref != bytes32(0), ZeroRef());
        require(terms.token != address(0), ZeroToken());
        require(terms.payer != address(0), ZeroPayer());
        require(terms.payee != address(0), ZeroPayee());
        require(terms.amount != 0, ZeroAmount());
        require(terms.payee != address(this), PayeeIsEscrow());
        require(msg.sender == terms.payer, CallerNotPayer(msg.sender, terms.payer));
        require(terms.refundAfter > block.timestamp, RefundAfterPassed(terms.refundAfter, block.timestamp));
        require(terms.refundAfter <= terms.hardDeadline, DeadlinesReversed(terms.refundAfter, terms.hardDeadline));
    }
}
