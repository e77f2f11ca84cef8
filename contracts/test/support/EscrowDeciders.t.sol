// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attestation, EscrowId, IEscrow, Status, TokenState} from "../../interfaces/IEscrow.sol";
import {EscrowPayers} from "./EscrowPayers.t.sol";
import {vm} from "./Vm.t.sol";

/// @dev What ends an escrow, and what comes after: the operator's decisions, the exits that anyone may take, the claims of credits.
abstract contract EscrowDeciders is EscrowPayers {
    uint256 private constant TICKS_PER_DAY = 1 days << 16;
    bytes32 private constant ATTESTATION_TYPEHASH = keccak256("ReleaseAttestation(bytes32 escrowId,uint64 validUntil)");
    bytes32 private constant REDIRECT_TYPEHASH = keccak256(
        "Redirect(address token,address owner,address to,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );

    function commit(uint256 seed) external happens {
        (bool any, uint256 index) = _someBook(seed);
        if (!any) return;
        Book memory book = _books[index];
        address by = _mostly(_cast.operator, seed);
        (bool must, bool may) = _mayTake(book, by);
        bool inTime = book.status == Status.Locked && _now < book.terms.refundAfter;
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.commit, (book.terms)));
        _judge(ok, must && inTime, may && inTime, "commit");
        if (ok) _bookCommit(index);
    }

    function release(uint256 seed) external happens {
        (bool any, uint256 index) = _someBook(seed);
        if (!any) return;
        Book memory book = _books[index];
        address by = _mostly(_cast.operator, seed);
        (bool must, bool may) = _mayTake(book, by);
        bool small = book.terms.amount <= _state(book.terms.token).limits.attestationThreshold;
        bool pays = _pays(book.terms.token, book.terms.payee);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.release, (book.terms)));
        _judge(ok, must && small, may && small, "release");
        if (ok) _bookRelease(index, pays);
    }

    function releaseAttested(uint256 seed) external happens {
        (bool any, uint256 index) = _someBook(seed);
        if (!any) return;
        Book memory book = _books[index];
        address by = _mostly(_cast.operator, seed);
        (bool must, bool may) = _mayTake(book, by);
        (Attestation[] memory attestations, bool valid) = _someAttestations(book.id, seed);
        uint256 quorum = _state(book.terms.token).limits.attestationQuorum;
        bool attested = valid && quorum > 0 && attestations.length >= quorum;
        bool pays = _pays(book.terms.token, book.terms.payee);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.releaseAttested, (book.terms, attestations)));
        _judge(ok, must && attested, may && attested, "release attested");
        if (ok) _bookRelease(index, pays);
    }

    function refund(uint256 seed) external happens {
        (bool any, uint256 index) = _someBook(seed);
        if (!any) return;
        Book memory book = _books[index];
        address by = _mostly(_cast.operator, seed);
        bool pays = _pays(book.terms.token, book.terms.payer);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.refund, (book.terms)));
        bool may = _isOpen(book.status) && _holds(_escrow.OPERATOR_ROLE(), by);
        _judge(ok, may, may, "refund");
        if (ok) _bookEnd(index, Status.Refunded, book.terms.payer, pays);
    }

    function expire(uint256 seed, address by) external happens {
        (bool any, uint256 index) = _someBook(seed);
        if (any) _expire(index, by);
    }

    function expireAnother(uint256 seed, address by) external happens {
        (bool any, uint256 index) = _someBook(seed);
        if (any) _expire(index, by);
    }

    function claim(uint256 seed, address by) external happens {
        _claim(_someToken(seed), party(_dice(seed, "owner", PARTIES)), by);
    }

    function claimTo(uint256 seed) external happens {
        address token = _someToken(seed);
        address owner = party(_dice(seed, "owner", PARTIES));
        address to = _someRecipient(seed);
        address by = _mostly(owner, seed);
        bool may = by == owner && _claimable(token, owner, to);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.claimTo, (token, owner, to, 0, "")));
        _judge(ok, may, may, "redirect a credit");
        if (ok) _bookClaim(token, owner, to);
    }

    function claimToBySignature(uint256 seed) external happens {
        address token = _someToken(seed);
        uint256 owner = _dice(seed, "owner", PARTIES);
        uint256 signer = _dice(seed, "forged", 4) == 0 ? _dice(seed, "signer", PARTIES) : owner;
        address to = _someRecipient(seed);
        uint256 deadline = _now + 1 - _dice(seed, "late", 3);
        bytes32 struct_ = keccak256(
            abi.encode(REDIRECT_TYPEHASH, token, party(owner), to, _escrow.nonces(party(owner)), deadline)
        );
        bytes memory signature = _sign(_partyKey(signer), struct_);
        bool may = signer == owner && deadline >= _now && _claimable(token, party(owner), to);
        // Not by a party: an owner needs no signature of his own.
        (bool ok, ) = _call(_test, abi.encodeCall(IEscrow.claimTo, (token, party(owner), to, deadline, signature)));
        _judge(ok, may, may, "redirect a credit by signature");
        if (ok) _bookClaim(token, party(owner), to);
    }

    function _expire(uint256 index, address by) internal {
        Book memory book = _books[index];
        (Status status, address to) = _exit(book);
        bool pays = _pays(book.terms.token, to);
        bool may = _isOpen(book.status) && _now >= _deadline(book);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.expire, (book.terms)));
        _judge(ok, may, may, "expire");
        if (ok) _bookEnd(index, status, to, pays);
    }

    function _claim(address token, address owner, address by) internal {
        bool may = _claimable(token, owner, owner);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.claim, (token, owner)));
        _judge(ok, may, may, "claim");
        if (ok) _bookClaim(token, owner, owner);
    }

    /// @dev What a commit and a release have in common. Between `must` and `may` lies what the bucket may lose by rounding.
    function _mayTake(Book memory book, address by) private view returns (bool must, bool may) {
        TokenState memory state = _state(book.terms.token);
        if (!_isOpen(book.status) || state.paused || !_holds(_escrow.OPERATOR_ROLE(), by)) return (false, false);
        may = book.terms.amount <= state.available;
        must = book.terms.amount + state.limits.refillPerDay / TICKS_PER_DAY + 1 <= state.available;
    }

    function _claimable(address token, address owner, address to) private view returns (bool) {
        return _credits[token][owner] > 0 && to != address(_escrow) && to != address(0) && _pays(token, to);
    }

    function _someRecipient(uint256 seed) private view returns (address) {
        uint256 face = _dice(seed, "to", 20);
        return
            face == 0
                ? address(0)
                : face == 1
                    ? address(_escrow)
                    : party(face);
    }

    function _someAttestations(EscrowId id, uint256 seed) private view returns (Attestation[] memory given, bool valid) {
        given = new Attestation[](_dice(seed, "attestations", ATTESTERS + 1));
        valid = true;
        bool expired = _dice(seed, "expired", 10) == 0;
        bool forged = _dice(seed, "forged", 10) == 0;
        bool twice = _dice(seed, "twice", 10) == 0;
        uint256 first = _dice(seed, "first", ATTESTERS + 1 - given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            uint256 index = first + (twice && i > 0 ? i - 1 : i);
            if (twice && i > 0) valid = false;
            uint64 validUntil = expired ? _now - 1 : _now;
            bytes32 struct_ = keccak256(abi.encode(ATTESTATION_TYPEHASH, id, validUntil));
            bytes memory signature = _sign(_attesterKey(forged ? index + 1 : index), struct_);
            given[i] = Attestation(attester(index), validUntil, signature);
            valid = valid && !expired && !forged && _holds(_escrow.ATTESTER_ROLE(), attester(index));
        }
    }

    function _sign(uint256 key, bytes32 struct_) private view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("Causeway Escrow"), keccak256("1"), block.chainid, _escrow)
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, struct_)));
        return abi.encodePacked(r, s, v);
    }
}
