// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId, IEscrow, OnExpiry, Terms, TokenState} from "../../interfaces/IEscrow.sol";
import {EscrowGovernors} from "./EscrowGovernors.t.sol";
import {FickleDollar} from "./FickleDollar.t.sol";
import {vm} from "./Vm.t.sol";

/// @dev What payers do: lock in all three ways, with terms that are in order and terms that are not.
abstract contract EscrowPayers is EscrowGovernors {
    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );

    uint256 private _refs;

    function lock(uint256 seed) external happens {
        (Terms memory terms, bool sound) = _someTerms(seed);
        address by = _mostly(terms.payer, seed);
        bool may = sound && by == terms.payer && _canLock(terms);
        (bool ok, bytes memory answer) = _call(by, abi.encodeCall(IEscrow.lock, (terms)));
        _judge(ok, may, may, "lock");
        if (ok) _lockedAs(terms, answer);
    }

    function lockAgain(uint256 seed) external happens {
        if (_books.length == 0) return;
        Terms memory terms = _books[_dice(seed, "book", _books.length)].terms;
        (bool ok, ) = _call(terms.payer, abi.encodeCall(IEscrow.lock, (terms)));
        _judge(ok, false, false, "the same terms twice");
    }

    function lockWithAuthorization(uint256 seed) external happens {
        (Terms memory terms, bool sound) = _someTerms(seed);
        uint256 signer = _dice(seed, "signer", PARTIES);
        if (_dice(seed, "forged", 8) > 0) signer = _payerOf(seed);
        bytes32 id = EscrowId.unwrap(_escrow.escrowIdOf(terms));
        bytes32 struct_ = keccak256(abi.encode(RECEIVE_TYPEHASH, terms.payer, _escrow, terms.amount, 0, type(uint256).max, id));
        (uint8 v, bytes32 r, bytes32 s) = _signForToken(signer, terms.token, struct_);
        bytes memory call = abi.encodeCall(IEscrow.lockWithAuthorization, (terms, 0, type(uint256).max, v, r, s));
        bool may = sound && party(signer) == terms.payer && _canLock(terms);
        (bool ok, bytes memory answer) = _call(party(_dice(seed, "sender", PARTIES)), call);
        _judge(ok, may, may, "lock with authorization");
        if (ok) _lockedAs(terms, answer);
    }

    function lockWithPermit(uint256 seed) external happens {
        (Terms memory terms, bool sound) = _someTerms(seed);
        address by = _mostly(terms.payer, seed);
        bool approved = _dice(seed, "approved", 2) == 0;
        bool signed = _dice(seed, "signed", 4) > 0;
        if (sound && !approved) _approve(terms, 0);
        (uint8 v, bytes32 r, bytes32 s) = _permit(terms, _payerOf(seed), signed);
        bool may = sound && by == terms.payer && (approved || signed) && _canLock(terms);
        bytes memory call = abi.encodeCall(IEscrow.lockWithPermit, (terms, type(uint256).max, v, r, s));
        (bool ok, bytes memory answer) = _call(by, call);
        _judge(ok, may, may, "lock with permit");
        if (ok) _lockedAs(terms, answer);
        if (sound) _approve(terms, type(uint256).max);
    }

    /// @return terms New terms, of which one in six has something wrong.
    /// @return sound Whether nothing is.
    function _someTerms(uint256 seed) internal returns (Terms memory terms, bool sound) {
        uint64 refundAfter = _now + 1 + uint64(_dice(seed, "refund", 12 hours));
        terms = Terms({
            ref: keccak256(abi.encode(++_refs)),
            token: _someToken(seed),
            payer: party(_payerOf(seed)),
            payee: party(_dice(seed, "payee", PARTIES)),
            amount: (1 + _dice(seed, "amount", 999)) * 10 ** _dice(seed, "scale", 12),
            refundAfter: refundAfter,
            hardDeadline: refundAfter + uint64(_dice(seed, "hard", 24 hours)),
            onExpiry: OnExpiry(_dice(seed, "exit", 2))
        });
        // Nearly all that a token's total can hold.
        if (_dice(seed, "huge", 32) == 0) terms.amount = 2 ** 95 + _dice(seed, "amount", 2 ** 90);
        uint256 slip = _dice(seed, "slip", 60);
        sound = slip > 9;
        if (slip == 0) terms.ref = 0;
        else if (slip == 1) terms.token = address(0);
        else if (slip == 2) terms.payer = address(0);
        else if (slip == 3) terms.payee = address(0);
        else if (slip == 4) terms.payee = address(_escrow);
        else if (slip == 5) terms.amount = 0;
        else if (slip == 6) terms.refundAfter = _now;
        else if (slip == 7) terms.hardDeadline = terms.refundAfter - 1;
        else if (slip == 8) terms.hardDeadline = _now + 366 days + 1;
        else if (slip == 9) terms.token = address(_fold);
    }

    function _canLock(Terms memory terms) internal view returns (bool) {
        TokenState memory state = _state(terms.token);
        return
            state.allowed &&
            !state.paused &&
            terms.amount <= type(uint96).max - state.locked - state.credited &&
            _moves(terms.token, terms.payer, address(_escrow));
    }

    function _lockedAs(Terms memory terms, bytes memory answer) private {
        require(abi.decode(answer, (bytes32)) == EscrowId.unwrap(_escrow.escrowIdOf(terms)), "lock answers another id");
        _bookLock(terms);
    }

    function _payerOf(uint256 seed) private pure returns (uint256) {
        return _dice(seed, "payer", PARTIES);
    }

    function _approve(Terms memory terms, uint256 amount) private {
        vm.prank(terms.payer);
        FickleDollar(terms.token).approve(address(_escrow), amount);
    }

    function _permit(Terms memory terms, uint256 signer, bool right) private view returns (uint8 v, bytes32 r, bytes32 s) {
        if (!right || terms.token.code.length == 0 || terms.token == address(_fold)) return (27, "r", "s");
        uint256 nonce = FickleDollar(terms.token).nonces(terms.payer);
        bytes32 struct_ = keccak256(abi.encode(PERMIT_TYPEHASH, terms.payer, _escrow, terms.amount, nonce, type(uint256).max));
        return _signForToken(signer, terms.token, struct_);
    }

    function _signForToken(uint256 signer, address token, bytes32 struct_) private view returns (uint8, bytes32, bytes32) {
        bytes32 domain = token.code.length == 0 || token == address(_fold) ? bytes32(0) : FickleDollar(token).DOMAIN_SEPARATOR();
        return vm.sign(_partyKey(signer), keccak256(abi.encodePacked(hex"1901", domain, struct_)));
    }
}
