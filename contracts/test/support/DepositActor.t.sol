// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDepositAddresses} from "../../interfaces/IDepositAddresses.sol";
import {OnExpiry, Status, Terms} from "../../interfaces/IEscrow.sol";
import {TestDollar} from "../TestDollar.sol";
import {DeployedEscrow} from "./Deployed.t.sol";
import {vm} from "./Vm.t.sol";

/// @dev Does everything that the world may do to deposit addresses, in any order, and judges each answer by its own books. Every deposit has a
/// payer and a payee of its own, so that all that was ever brought for it can be found again.
contract DepositActor {
    struct Book {
        Terms terms;
        Terms held;
        uint256 brought;
        uint256 broughtOther;
        Status status;
    }

    uint256 private constant DEPOSITS = 3;

    DeployedEscrow private immutable _escrow;
    IDepositAddresses private immutable _addresses;
    TestDollar private immutable _token;
    TestDollar private immutable _other;
    address private immutable _admin;
    address private immutable _operator;
    address private immutable _test;
    uint64 private _now;
    Book[] private _books;
    /// @dev Which deposit the last call was about.
    uint256 private _last;

    constructor(IDepositAddresses addresses, TestDollar token, TestDollar other, address admin, address operator, uint64 start) {
        _addresses = addresses;
        _escrow = DeployedEscrow(addresses.escrow());
        (_token, _other, _admin, _operator, _now, _test) = (token, other, admin, operator, start, msg.sender);
        for (uint160 i = 0; i < DEPOSITS; ++i) {
            Terms memory terms = Terms({
                ref: bytes32(uint256(i + 1)),
                token: address(token),
                payer: address(0x1000 + i),
                payee: address(0x2000 + i),
                amount: 1_000 + i,
                refundAfter: start + 1 hours * uint64(i + 1),
                hardDeadline: start + 1 days,
                onExpiry: i == 0 ? OnExpiry.Release : OnExpiry.Refund
            });
            Terms memory held = abi.decode(abi.encode(terms), (Terms));
            held.payer = addresses.depositAddressOf(terms);
            _books.push(Book(terms, held, 0, 0, Status.None));
        }
    }

    /// @notice Somebody pays to the address: too little, too much, just right, or another token.
    function bring(uint256 which, uint256 amount, bool right) external {
        Book storage book = _touch(which);
        amount = amount % 4 == 0 ? book.terms.amount : amount % (2 * book.terms.amount);
        vm.prank(_admin);
        (right ? _token : _other).mint(book.held.payer, amount);
        if (right) book.brought += amount;
        else book.broughtOther += amount;
    }

    function lock(uint256 which, address caller) external {
        Book storage book = _touch(which);
        bool should =
            _token.balanceOf(book.held.payer) >= book.terms.amount && book.status == Status.None && _now < book.terms.refundAfter;
        (bool ok, ) = _call(caller, address(_addresses), abi.encodeCall(IDepositAddresses.lock, (book.terms)));
        require(ok == should, "lock");
        if (ok) book.status = Status.Locked;
    }

    /// @param who A stranger, the payer himself, or the operator.
    function recover(uint256 which, uint256 who, address stranger, bool right) external {
        Book storage book = _touch(which);
        address caller =
            who % 3 == 0
                ? stranger
                : who % 3 == 1
                    ? book.terms.payer
                    : _operator;
        // The fuzzer may draw one of the two for a stranger.
        bool isParty = caller == book.terms.payer || caller == _operator;
        TestDollar token = right ? _token : _other;
        uint256 there = token.balanceOf(book.held.payer);
        bool waits = right && book.status == Status.None && _now < book.terms.refundAfter && !isParty;
        uint256 free =
            !waits
                ? there
                : there > book.terms.amount
                    ? there - book.terms.amount
                    : 0;
        uint256 before = token.balanceOf(book.terms.payer);
        bytes memory data = abi.encodeCall(IDepositAddresses.recover, (book.terms, address(token)));
        (bool ok, ) = _call(caller, address(_addresses), data);
        require(ok == (free > 0 && !token.isDenied(book.terms.payer)), "recover");
        if (ok) require(token.balanceOf(book.terms.payer) == before + free, "recovered");
    }

    /// @notice What the operator decides, or anyone when it is due.
    function decide(uint256 which, uint256 what, address stranger) external {
        Book storage book = _touch(which);
        what = what % 4;
        if (what == 0) _try(_operator, abi.encodeCall(_escrow.commit, (book.held)));
        else if (what == 1) _try(_operator, abi.encodeCall(_escrow.release, (book.held)));
        else if (what == 2) _try(_operator, abi.encodeCall(_escrow.refund, (book.held)));
        else _try(stranger, abi.encodeCall(_escrow.expire, (book.held)));
        book.status = _escrow.statusOf(_escrow.escrowIdOf(book.held));
    }

    function pass(uint256 time) external {
        _now += uint64(time % 20 minutes);
        vm.warp(_now);
    }

    function deny(uint256 which, bool denied) external {
        vm.prank(_admin);
        _token.setDenied(_books[which % DEPOSITS].terms.payer, denied);
    }

    /// @notice The end of all things: no operator, and a stranger who takes every exit.
    function end(address stranger) external {
        if (msg.sender != _test) return;
        bytes32 role = _escrow.OPERATOR_ROLE();
        vm.prank(_admin);
        _escrow.revokeRole(role, _operator);
        _now += 2 days;
        vm.warp(_now);
        for (uint256 i = 0; i < DEPOSITS; ++i) {
            Book storage book = _books[i];
            vm.prank(_admin);
            _token.setDenied(book.terms.payer, false);
            _try(stranger, abi.encodeCall(_escrow.expire, (book.held)));
            _tryAt(stranger, abi.encodeCall(IDepositAddresses.recover, (book.terms, address(_token))));
            _tryAt(stranger, abi.encodeCall(IDepositAddresses.recover, (book.terms, address(_other))));
        }
    }

    /// @notice Of one token: what is at the address, in the escrow, with the payer, and with the payee; and what was ever brought.
    function bookOf(uint256 which, bool right) external view returns (uint256[5] memory) {
        Book storage book = _books[which];
        TestDollar token = right ? _token : _other;
        Status status = _escrow.statusOf(_escrow.escrowIdOf(book.held));
        bool open = right && (status == Status.Locked || status == Status.Committed);
        return
            [
                token.balanceOf(book.held.payer),
                open ? book.terms.amount : 0,
                token.balanceOf(book.terms.payer),
                token.balanceOf(book.terms.payee),
                right ? book.brought : book.broughtOther
            ];
    }

    function touched() external view returns (uint256) {
        return _last;
    }

    function amountOf(uint256 which) external view returns (uint256) {
        return _books[which].terms.amount;
    }

    // solhint-disable-next-line func-name-mixedcase
    function COUNT() external pure returns (uint256) {
        return DEPOSITS;
    }

    function _touch(uint256 which) private returns (Book storage) {
        _last = which % DEPOSITS;
        return _books[_last];
    }

    function _try(address by, bytes memory data) private {
        _call(by, address(_escrow), data);
    }

    function _tryAt(address by, bytes memory data) private {
        _call(by, address(_addresses), data);
    }

    function _call(address by, address to, bytes memory data) private returns (bool, bytes memory) {
        vm.prank(by);
        // solhint-disable-next-line avoid-low-level-calls
        return to.call(data);
    }
}
