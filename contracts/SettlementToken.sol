// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC7802} from "@openzeppelin/contracts/interfaces/draft-IERC7802.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Pausable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Pausable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {EscrowId, IEscrow, Terms} from "./interfaces/IEscrow.sol";
import {ISettlementToken, MinterLimits, SettlementSetup} from "./interfaces/ISettlementToken.sol";
import {RefillBucket} from "./libraries/RefillBucket.sol";

/// @title SettlementToken
/// @notice See {ISettlementToken}, which is the document.
contract SettlementToken is ISettlementToken, ERC20Pausable, ERC20Permit, ERC3009, AccessControlDefaultAdminRules {
    /// @notice Escrows: what they send to this contract is burned, and what is minted for them is locked there.
    bytes32 public constant ESCROW_ROLE = keccak256("ESCROW_ROLE");
    /// @notice May lower the limits of minters at once, and raise them after a delay.
    bytes32 public constant LIMITER_ROLE = keccak256("LIMITER_ROLE");
    /// @notice May pause, and nothing else.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    struct MinterSlot {
        MinterLimits limits;
        /// When his bucket will be full; see RefillBucket.
        uint48 fullAt;
    }

    struct Proposal {
        MinterLimits limits;
        uint64 notBefore;
    }

    uint64 private immutable LIMITS_DELAY;

    mapping(address minter => MinterSlot) private _minters;
    mapping(address minter => Proposal) private _proposals;

    constructor(
        SettlementSetup memory setup
    ) ERC20(setup.name, setup.symbol) ERC20Permit(setup.name) AccessControlDefaultAdminRules(setup.adminDelay, setup.admin) {
        LIMITS_DELAY = setup.limitsDelay;
        for (uint256 i = 0; i < setup.escrows.length; ++i) _grantRole(ESCROW_ROLE, setup.escrows[i]);
        for (uint256 i = 0; i < setup.limiters.length; ++i) _grantRole(LIMITER_ROLE, setup.limiters[i]);
        for (uint256 i = 0; i < setup.pausers.length; ++i) _grantRole(PAUSER_ROLE, setup.pausers[i]);
        for (uint256 i = 0; i < setup.minters.length; ++i) _setLimits(setup.minters[i].account, setup.minters[i].limits);
    }

    /// @inheritdoc IERC7802
    /// @dev Minters only, within their limits.
    function crosschainMint(address to, uint256 amount) external {
        // Only `mintAndLock` mints to this contract, and leaves nothing there.
        if (to == address(this)) revert TransferToToken(address(0));
        _mintWithin(to, amount);
    }

    /// @inheritdoc IERC7802
    /// @dev Anyone may burn what is his, or what he may spend: it makes the issuer owe less, not more.
    function crosschainBurn(address from, uint256 amount) external {
        if (amount == 0) revert ZeroAmount();
        if (from != msg.sender) _spendAllowance(from, msg.sender, amount);
        _burn(from, amount);
        emit CrosschainBurn(from, amount, msg.sender);
    }

    /// @inheritdoc ISettlementToken
    function mintAndLock(IEscrow escrow, Terms calldata terms) external returns (EscrowId) {
        if (!hasRole(ESCROW_ROLE, address(escrow))) revert NotAnEscrow(address(escrow));
        if (terms.payer != address(this) || terms.token != address(this)) revert NotOurTerms(terms.payer, terms.token);
        _mintWithin(address(this), terms.amount);
        _approve(address(this), address(escrow), terms.amount);
        return escrow.lock(terms);
    }

    /// @inheritdoc ISettlementToken
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc ISettlementToken
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }

    /// @inheritdoc ISettlementToken
    function lowerMinterLimits(address minter, MinterLimits calldata limits) external onlyRole(LIMITER_ROLE) {
        MinterLimits memory current = _minters[minter].limits;
        bool lower =
            limits.perTransaction <= current.perTransaction &&
                limits.capacity <= current.capacity &&
                limits.refillPerDay <= current.refillPerDay;
        if (!lower) revert LimitsNotLower(minter);
        delete _proposals[minter];
        _setLimits(minter, limits);
    }

    /// @inheritdoc ISettlementToken
    function proposeMinterLimits(address minter, MinterLimits calldata limits) external onlyRole(LIMITER_ROLE) {
        // Refused now rather than after the delay.
        _checkLimits(limits);
        uint64 notBefore = uint64(block.timestamp) + LIMITS_DELAY;
        _proposals[minter] = Proposal(limits, notBefore);
        emit MinterLimitsProposed(minter, limits, notBefore);
    }

    /// @inheritdoc ISettlementToken
    function applyMinterLimits(address minter) external onlyRole(LIMITER_ROLE) {
        Proposal memory proposal = _proposals[minter];
        if (proposal.notBefore == 0) revert NoLimitsProposed(minter);
        if (block.timestamp < proposal.notBefore) revert LimitsNotDue(minter, proposal.notBefore);
        delete _proposals[minter];
        _setLimits(minter, proposal.limits);
    }

    /// @inheritdoc ISettlementToken
    function cancelMinterLimits(address minter) external {
        bool may = hasRole(LIMITER_ROLE, msg.sender) || hasRole(DEFAULT_ADMIN_ROLE, msg.sender);
        if (!may) revert CannotCancelLimits(msg.sender);
        if (_proposals[minter].notBefore == 0) revert NoLimitsProposed(minter);
        delete _proposals[minter];
        emit MinterLimitsProposalCancelled(minter);
    }

    /// @inheritdoc ISettlementToken
    function minterOf(address minter) external view returns (MinterLimits memory limits, uint256 available) {
        limits = _minters[minter].limits;
        available = RefillBucket.available(_minters[minter].fullAt, limits.capacity, limits.refillPerDay, block.timestamp);
    }

    /// @inheritdoc ISettlementToken
    function proposedMinterLimits(address minter) external view returns (MinterLimits memory limits, uint64 notBefore) {
        return (_proposals[minter].limits, _proposals[minter].notBefore);
    }

    /// @notice Six, like the dollar tokens in the field.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(AccessControlDefaultAdminRules, IERC165) returns (bool) {
        return
            interfaceId == type(IERC7802).interfaceId ||
            interfaceId == type(IERC20).interfaceId ||
            super.supportsInterface(interfaceId);
    }

    /// @dev What an escrow pays to us is redeemed: it has no holder any more.
    function _update(address from, address to, uint256 amount) internal override(ERC20, ERC20Pausable) {
        if (to != address(this) || from == address(0)) {
            super._update(from, to, amount);
            return;
        }
        if (!hasRole(ESCROW_ROLE, from)) revert TransferToToken(from);
        super._update(from, address(0), amount);
        emit CrosschainBurn(from, amount, msg.sender);
    }

    function _mintWithin(address to, uint256 amount) private {
        if (amount == 0) revert ZeroAmount();
        MinterSlot storage minter = _minters[msg.sender];
        MinterLimits memory limits = minter.limits;
        if (amount > limits.perTransaction) revert AboveTransactionLimit(msg.sender, amount, limits.perTransaction);
        minter.fullAt = RefillBucket.take(minter.fullAt, amount, limits.capacity, limits.refillPerDay, block.timestamp);
        _mint(to, amount);
        emit CrosschainMint(to, amount, msg.sender);
    }

    function _setLimits(address minter, MinterLimits memory limits) private {
        _checkLimits(limits);
        MinterSlot storage slot = _minters[minter];
        slot.fullAt = RefillBucket.rescale(
            slot.fullAt,
            slot.limits.refillPerDay,
            limits.capacity,
            limits.refillPerDay,
            block.timestamp
        );
        slot.limits = limits;
        emit MinterLimitsChanged(minter, limits);
    }

    function _checkLimits(MinterLimits memory limits) private pure {
        if (limits.capacity > uint256(limits.refillPerDay) * RefillBucket.MAX_DAYS_TO_REFILL)
            revert RefillTooSlow(limits.capacity, limits.refillPerDay);
    }
}
