// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {EscrowTokens} from "./EscrowTokens.sol";
import {EscrowId, IEscrow, Terms} from "./interfaces/IEscrow.sol";
import {Custody} from "./libraries/Custody.sol";

/// @title How the escrow pays, and what becomes of a payout that the token refuses
/// @notice See {IEscrow}, which is the document.
abstract contract EscrowCredits is EscrowTokens, EIP712, Nonces, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    bytes32 private constant REDIRECT_TYPEHASH = keccak256(
        "Redirect(address token,address owner,address to,uint256 nonce,uint256 deadline)"
    );

    /// @dev What a token gets for a payout: several times what the dearest dollar tokens use, and little enough that one which burns it
    /// all cannot hold up a batch.
    uint256 private constant PAYOUT_GAS = 250_000;
    /// @dev Below this, less than PAYOUT_GAS would be passed on (EIP-150 keeps 1/64), or nothing left to write the credit: a stranger
    /// who calls `expire` with too little gas must not be able to turn a payout into a credit.
    uint256 private constant PAYOUT_GAS_RESERVE = (PAYOUT_GAS * 64) / 63 + 90_000;

    mapping(address token => uint256) private _totalCredited;
    mapping(address token => mapping(address owner => uint256)) private _credits;

    /// @inheritdoc IEscrow
    function claim(address token, address owner) external nonReentrant {
        _claim(token, owner, owner);
    }

    /// @inheritdoc IEscrow
    function claimTo(address token, address owner, address to, uint256 deadline, bytes calldata signature) external nonReentrant {
        if (msg.sender != owner) _checkRedirect(token, owner, to, deadline, signature);
        _claim(token, owner, to);
    }

    /// @inheritdoc IEscrow
    function rescue(address token, address to, uint256 amount) external nonReentrant onlyRole(DEFAULT_ADMIN_ROLE) {
        _checkRecipient(to);
        CustodySlot storage slot = _custody[token];
        Custody custody = slot.word;
        uint256 balance = IERC20(token).balanceOf(address(this));
        uint256 surplus = balance > custody.owed() ? balance - custody.owed() : 0;
        if (amount > surplus) revert NoSuchSurplus(token, surplus);
        // A token that was never listed must not look listed by its sequence.
        emit Rescued(token, to, amount, custody.sequence() == 0 ? 0 : _tell(slot, custody));
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IEscrow
    function creditOf(address token, address owner) external view returns (uint256) {
        return _credits[token][owner];
    }

    function _totalCreditedOf(address token) internal view override returns (uint256) {
        return _totalCredited[token];
    }

    /// @dev Pays, or credits what the token refuses to pay. The caller has taken the amount off `owed` and told of the exit already.
    function _payOut(EscrowId id, Terms calldata terms, address to) internal {
        if (_tryTransfer(terms.token, to, terms.amount)) return;
        _totalCredited[terms.token] += terms.amount;
        _credits[terms.token][to] += terms.amount;
        // Not more than was taken off a moment ago, and nothing can be locked meanwhile.
        CustodySlot storage slot = _custody[terms.token];
        uint40 sequence = _tell(slot, slot.word.owing(terms.amount));
        emit Credited(id, terms.ref, terms.token, to, terms.amount, sequence);
    }

    /// @dev SafeERC20's rules for what counts as paid, with a bound on the gas.
    function _tryTransfer(address token, address to, uint256 amount) private returns (bool paid) {
        if (gasleft() < PAYOUT_GAS_RESERVE) revert PayoutNeedsGas(PAYOUT_GAS_RESERVE, gasleft());
        bytes4 transfer = IERC20.transfer.selector;
        // Only the first word of the answer is read: a token could answer with so much that the copy alone eats our gas. Saves 300 gas, too.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, transfer)
            mstore(add(data, 0x04), and(to, 0xffffffffffffffffffffffffffffffffffffffff))
            mstore(add(data, 0x24), amount)
            paid := call(PAYOUT_GAS, token, 0, data, 0x44, 0x00, 0x20)
            switch returndatasize()
            case 0 {
                paid := and(paid, gt(extcodesize(token), 0))
            }
            default {
                paid := and(paid, and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1)))
            }
        }
    }

    function _claim(address token, address owner, address to) private {
        _checkRecipient(to);
        uint256 amount = _credits[token][owner];
        if (amount == 0) revert NoCredit(token, owner);
        delete _credits[token][owner];
        _totalCredited[token] -= amount;
        CustodySlot storage slot = _custody[token];
        // The sum of credits is part of `owed`.
        emit CreditClaimed(token, owner, to, amount, _tell(slot, slot.word.discharged(amount)));
        IERC20(token).safeTransfer(to, amount);
    }

    function _checkRedirect(address token, address owner, address to, uint256 deadline, bytes calldata signature) private {
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(REDIRECT_TYPEHASH, token, owner, to, _useNonce(owner), deadline)));
        bool signed = SignatureChecker.isValidSignatureNowCalldata(owner, digest, signature);
        if (block.timestamp > deadline || !signed) revert RedirectInvalid(owner);
    }

    function _checkRecipient(address to) private view {
        if (to == address(0) || to == address(this)) revert RecipientInvalid(to);
    }
}
