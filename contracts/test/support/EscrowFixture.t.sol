// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EscrowId, EscrowSetup, IEscrow, Limits, Listing, OnExpiry, Status, Terms} from "../../interfaces/IEscrow.sol";
import {TestDollar} from "../TestDollar.sol";
import {DeployedEscrow, deployEscrow} from "./Deployed.t.sol";
import {vm} from "./Vm.t.sol";

/// @dev An escrow with one token, one account per role, and terms that are in order.
abstract contract EscrowFixture {
    // Times are written out from here, never read back: the optimizer may move a read of the clock across a warp.
    uint64 internal constant START = 1_800_000_000;
    uint64 internal constant REFUND_AFTER = START + 1 hours;
    uint64 internal constant HARD_DEADLINE = START + 2 hours;
    uint48 internal constant ADMIN_DELAY = 3 days;
    uint64 internal constant LIMITS_DELAY = 2 days;

    address internal immutable admin = _account("admin");
    address internal immutable guardian = _account("guardian");
    address internal immutable limiter = _account("limiter");
    address internal immutable operator = _account("operator");
    address internal immutable payer = _account("payer");
    address internal immutable payee = _account("payee");
    address internal immutable stranger = _account("stranger");

    TestDollar internal token;
    DeployedEscrow internal escrow;

    function setUp() public virtual {
        vm.warp(START);
        token = new TestDollar(admin);
        escrow = _deploy(address(token));
    }

    function _deploy(address allowed) internal returns (DeployedEscrow) {
        return _deploy(allowed, _looseLimits());
    }

    function _deploy(address allowed, Limits memory limits) internal returns (DeployedEscrow) {
        Listing[] memory listings = new Listing[](1);
        listings[0] = Listing(allowed, limits);
        return
            deployEscrow(
                EscrowSetup({
                    admin: admin,
                    adminDelay: ADMIN_DELAY,
                    limitsDelay: LIMITS_DELAY,
                    operators: _only(operator),
                    guardians: _only(guardian),
                    limiters: _only(limiter),
                    attesters: new address[](0),
                    listings: listings
                })
            );
    }

    /// @dev Limits that no test reaches unless it wants to.
    function _looseLimits() internal pure returns (Limits memory) {
        return Limits({capacity: 1e36, refillPerDay: 1e36, attestationThreshold: 1e36, attestationQuorum: 1});
    }

    /// @dev The strictest there is: nothing is released or committed any more, attested or not.
    function _noLimits() internal pure returns (Limits memory) {
        return Limits({capacity: 0, refillPerDay: 0, attestationThreshold: 0, attestationQuorum: 0});
    }

    function _terms() internal view returns (Terms memory) {
        return
            Terms({
                ref: keccak256("transfer"),
                token: address(token),
                payer: payer,
                payee: payee,
                amount: 100_250_000,
                refundAfter: REFUND_AFTER,
                hardDeadline: HARD_DEADLINE,
                onExpiry: OnExpiry.Refund
            });
    }

    /// @dev The same for another transfer.
    function _termsFor(bytes32 ref) internal view returns (Terms memory terms) {
        terms = _terms();
        terms.ref = ref;
    }

    function _fund(Terms memory terms) internal {
        vm.prank(admin);
        token.mint(terms.payer, terms.amount);
        vm.prank(terms.payer);
        token.approve(address(escrow), terms.amount);
    }

    function _lock(Terms memory terms) internal returns (EscrowId id) {
        _fund(terms);
        vm.prank(terms.payer);
        id = escrow.lock(terms);
    }

    function _pause() internal {
        vm.prank(guardian);
        escrow.pauseAll();
    }

    function _commit(Terms memory terms) internal {
        vm.prank(operator);
        escrow.commit(terms);
    }

    function _release(Terms memory terms) internal {
        vm.prank(operator);
        escrow.release(terms);
    }

    function _refund(Terms memory terms) internal {
        vm.prank(operator);
        escrow.refund(terms);
    }

    function _expire(Terms memory terms, address caller) internal {
        vm.prank(caller);
        escrow.expire(terms);
    }

    function _setDenied(address account, bool denied) internal {
        vm.prank(admin);
        token.setDenied(account, denied);
    }

    function _expectNotOpen(Terms memory terms, Status status) internal {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowNotOpen.selector, escrow.escrowIdOf(terms), status));
    }

    function _expectRoleRefusal(address account, bytes32 role) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role));
    }

    function _expectLog(address emitter) internal {
        vm.expectEmit(true, true, true, true, emitter);
    }

    function _assertStatus(Terms memory terms, Status status) internal view {
        vm.assertEq(uint256(escrow.statusOf(escrow.escrowIdOf(terms))), uint256(status), "status");
    }

    /// @dev Past every deadline and with other money at hand, there is still nothing more to be had for these terms.
    function _assertClosed(Terms memory terms, Status status) internal {
        uint256 locked = escrow.totalLocked(address(token));
        uint256 held = token.balanceOf(address(escrow));
        vm.warp(HARD_DEADLINE);
        _expectNotOpen(terms, status);
        _commit(terms);
        _expectNotOpen(terms, status);
        _release(terms);
        _expectNotOpen(terms, status);
        _refund(terms);
        _expectNotOpen(terms, status);
        _expire(terms, stranger);
        _assertStatus(terms, status);
        _assertBalance(address(escrow), held);
        vm.assertEq(escrow.totalLocked(address(token)), locked, "total");
    }

    /// @dev What the contract owes of the token, and that it has exactly that.
    function _assertHeld(uint256 locked, uint256 credited) internal view {
        vm.assertEq(escrow.totalLocked(address(token)), locked, "locked");
        vm.assertEq(escrow.tokenState(address(token)).credited, credited, "credited");
        _assertBalance(address(escrow), locked + credited);
    }

    function _assertBalance(address account, uint256 expected) internal view {
        vm.assertEq(IERC20(token).balanceOf(account), expected, "balance");
    }

    function _bound(uint256 value, uint256 lowest, uint256 highest) internal pure returns (uint256) {
        if (value >= lowest && value <= highest) return value;
        return lowest + (value % (highest - lowest + 1));
    }

    function _only(address account) internal pure returns (address[] memory accounts) {
        accounts = new address[](1);
        accounts[0] = account;
    }

    function _account(string memory name) internal pure returns (address) {
        return address(uint160(uint256(keccak256(bytes(name)))));
    }
}
