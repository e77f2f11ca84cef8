// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {DepositAddress} from "./DepositAddress.sol";
import {Holding, IDepositAddresses} from "./interfaces/IDepositAddresses.sol";
import {EscrowId, IEscrow, Status, Terms} from "./interfaces/IEscrow.sol";

/// @title DepositAddresses
/// @notice See {IDepositAddresses}, which is the document.
contract DepositAddresses is IDepositAddresses, ReentrancyGuardTransient {
    bytes32 private constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");

    IEscrow private immutable ESCROW;
    address private immutable IMPLEMENTATION;

    constructor(IEscrow escrow_) {
        ESCROW = escrow_;
        IMPLEMENTATION = address(new DepositAddress(escrow_));
    }

    /// @inheritdoc IDepositAddresses
    function lock(Terms calldata terms) external nonReentrant returns (EscrowId) {
        (bytes32 salt, address account) = _find(terms);
        uint256 balance = IERC20(terms.token).balanceOf(account);
        if (balance < terms.amount) revert NotEnough(account, terms.amount, balance);
        return _deployed(salt, account).lock(_lockedTerms(terms, account));
    }

    /// @inheritdoc IDepositAddresses
    function recover(Terms calldata terms, address token) external nonReentrant returns (uint256 amount) {
        (bytes32 salt, address account) = _find(terms);
        EscrowId id = ESCROW.escrowIdOf(_lockedTerms(terms, account));
        if (ESCROW.creditOf(token, account) > 0) ESCROW.claim(token, account);
        amount = _balanceOf(token, account);
        // Until it is certain that they will not be locked, the tokens that are waited for stay.
        if (token == terms.token && !_mayTakeAll(terms, id)) amount = amount > terms.amount ? amount - terms.amount : 0;
        if (amount == 0) revert NothingToRecover(account, token);
        emit Recovered(id, account, token, terms.payer, amount);
        _deployed(salt, account).pay(token, terms.payer, amount);
    }

    /// @inheritdoc IDepositAddresses
    function look(Terms[] calldata deposits, address[] calldata tokens) external view returns (Holding[] memory holdings) {
        holdings = new Holding[](deposits.length);
        for (uint256 i = 0; i < deposits.length; ++i) {
            (, address account) = _find(deposits[i]);
            uint256[] memory balances = new uint256[](tokens.length);
            for (uint256 t = 0; t < tokens.length; ++t)
                balances[t] = _balanceOf(tokens[t], account) + ESCROW.creditOf(tokens[t], account);
            Status status = ESCROW.statusOf(ESCROW.escrowIdOf(_lockedTerms(deposits[i], account)));
            holdings[i] = Holding(account, status, balances);
        }
    }

    /// @inheritdoc IDepositAddresses
    function depositAddressOf(Terms calldata terms) external view returns (address account) {
        (, account) = _find(terms);
    }

    /// @inheritdoc IDepositAddresses
    function escrow() external view returns (address) {
        return address(ESCROW);
    }

    /// @dev The escrow that the payer would lock by himself gives its id for a salt: it stands for every bit of the terms, the escrow, and the
    /// chain.
    function _find(Terms calldata terms) private view returns (bytes32 salt, address account) {
        if (terms.payer == address(0)) revert ZeroRefundAddress();
        salt = EscrowId.unwrap(ESCROW.escrowIdOf(terms));
        account = Clones.predictDeterministicAddress(IMPLEMENTATION, salt);
    }

    function _deployed(bytes32 salt, address account) private returns (DepositAddress) {
        if (account.code.length == 0) Clones.cloneDeterministic(IMPLEMENTATION, salt);
        return DepositAddress(account);
    }

    function _lockedTerms(Terms memory terms, address account) private pure returns (Terms memory) {
        terms.payer = account;
        return terms;
    }

    /// @dev What was locked once can never be again, and what comes after it or back from it is no deposit.
    function _mayTakeAll(Terms calldata terms, EscrowId id) private view returns (bool) {
        return
            block.timestamp >= terms.refundAfter ||
            msg.sender == terms.payer ||
            ESCROW.statusOf(id) != Status.None ||
            IAccessControl(address(ESCROW)).hasRole(OPERATOR_ROLE, msg.sender);
    }

    function _balanceOf(address token, address account) private view returns (uint256) {
        return token == address(0) ? account.balance : IERC20(token).balanceOf(account);
    }
}
