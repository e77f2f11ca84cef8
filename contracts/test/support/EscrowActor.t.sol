// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Escrow} from "../../Escrow.sol";
import {OnExpiry, Terms} from "../../interfaces/IEscrow.sol";
import {TestDollar} from "../TestDollar.sol";
import {vm} from "./Vm.t.sol";

/// @dev Does everything that the world may do to an escrow, in any order, legal or not, and keeps its own books of what went through.
contract EscrowActor {
    uint256 public constant PARTIES = 4;

    struct Book {
        Terms terms;
        uint256 released;
        uint256 refunded;
    }

    Escrow private immutable _escrow;
    address private immutable _admin;
    address private immutable _operator;
    address private immutable _guardian;
    TestDollar[] private _tokens;
    Book[] private _books;
    uint64 private _now;

    mapping(address token => mapping(address account => uint256)) private _owned;

    constructor(Escrow escrow, TestDollar[] memory tokens, address admin, address operator, address guardian, uint64 start) {
        _escrow = escrow;
        _tokens = tokens;
        _admin = admin;
        _operator = operator;
        _guardian = guardian;
        _now = start;
    }

    function lock(uint256 seed, uint128 amount, uint16 refundIn, uint16 graceIn) external {
        Terms memory terms = Terms({
            ref: keccak256(abi.encode(_books.length)),
            token: address(_tokens[seed % _tokens.length]),
            payer: party(seed >> 8),
            payee: party(seed >> 16),
            amount: uint256(amount) + 1,
            refundAfter: _now + 1 + refundIn,
            hardDeadline: _now + 1 + refundIn + graceIn,
            onExpiry: OnExpiry((seed >> 24) % 2)
        });
        vm.prank(_admin);
        TestDollar(terms.token).mint(terms.payer, terms.amount);
        _owned[terms.token][terms.payer] += terms.amount;
        vm.prank(terms.payer);
        TestDollar(terms.token).approve(address(_escrow), terms.amount);
        vm.prank(terms.payer);
        try _escrow.lock(terms) {
            _owned[terms.token][terms.payer] -= terms.amount;
            _books.push(Book(terms, 0, 0));
        } catch {}
    }

    function relock(uint256 seed) external {
        if (_books.length == 0) return;
        Terms memory terms = _books[seed % _books.length].terms;
        vm.prank(terms.payer);
        try _escrow.lock(terms) {
            revert("terms were used twice");
        } catch {}
    }

    function release(uint256 seed) external {
        if (_books.length == 0) return;
        Book storage book = _books[seed % _books.length];
        vm.prank(_operator);
        try _escrow.release(book.terms) {
            ++book.released;
            _owned[book.terms.token][book.terms.payee] += book.terms.amount;
        } catch {}
    }

    function refund(uint256 seed) external {
        if (_books.length == 0) return;
        Book storage book = _books[seed % _books.length];
        vm.prank(_operator);
        try _escrow.refund(book.terms) {
            _countRefund(book);
        } catch {}
    }

    function expire(uint256 seed, address caller) external {
        if (_books.length == 0) return;
        Book storage book = _books[seed % _books.length];
        vm.prank(caller);
        try _escrow.expire(book.terms) {
            require(_now >= book.terms.refundAfter, "expired too early");
            _countRefund(book);
        } catch {
            // Neither the bridge nor a pause may stand between the payer and his money.
            require(_now < book.terms.refundAfter || book.released + book.refunded > 0, "an expired escrow did not pay back");
        }
    }

    function passTime(uint16 forSeconds) external {
        _now += forSeconds;
        vm.warp(_now);
    }

    function togglePause(uint256 seed) external {
        address token = address(_tokens[seed % _tokens.length]);
        bool paused = _escrow.tokenState(token).paused;
        vm.prank(paused ? _admin : _guardian);
        if (paused) _escrow.unpause(token);
        else _escrow.pause(token);
    }

    function toggleToken(uint256 seed) external {
        address token = address(_tokens[seed % _tokens.length]);
        bool allowed = _escrow.tokenState(token).allowed;
        vm.prank(_admin);
        _escrow.setTokenAllowed(token, !allowed);
    }

    function donate(uint256 seed, uint64 amount) external {
        TestDollar token = _tokens[seed % _tokens.length];
        vm.prank(_admin);
        token.mint(address(_escrow), amount);
        _owned[address(token)][address(_escrow)] += amount;
    }

    function count() external view returns (uint256) {
        return _books.length;
    }

    function bookAt(uint256 index) external view returns (Book memory) {
        return _books[index];
    }

    /// @notice What an account should have: a party what it brought in and got out, the escrow what was given to it for nothing.
    function owned(address token, address account) external view returns (uint256) {
        return _owned[token][account];
    }

    /// @dev Few parties, so that one is payer here and payee there.
    function party(uint256 seed) public pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("party", seed % PARTIES)))));
    }

    function _countRefund(Book storage book) private {
        ++book.refunded;
        _owned[book.terms.token][book.terms.payer] += book.terms.amount;
    }
}
