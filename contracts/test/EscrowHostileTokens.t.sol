// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEscrow, Status, Terms} from "../interfaces/IEscrow.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {LyingToken, ReentrantToken, SilentToken, SkewedToken} from "./support/HostileTokens.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowHostileTokensTest is EscrowFixture {
    function testFuzz_RefusesATokenThatKeepsAFee(uint256 fee) public {
        Terms memory terms = _terms();
        fee = _bound(fee, 1, terms.amount);
        _refusesSkewed(-int256(fee), terms.amount - fee);
    }

    function testFuzz_RefusesATokenThatDeliversTooMuch(uint256 bonus) public {
        Terms memory terms = _terms();
        bonus = _bound(bonus, 1, 1e30);
        _refusesSkewed(int256(bonus), terms.amount + bonus);
    }

    function test_TakesTheSameTokenWithoutTheSkew() public {
        SkewedToken honest = new SkewedToken(0);
        Terms memory terms = _termsIn(address(honest));
        honest.mint(payer, terms.amount);
        _approveAndLock(terms, "");
        _assertStatus(terms, Status.Locked);
    }

    function test_RefusesATokenThatOnlyClaimsToHaveMoved() public {
        LyingToken liar = new LyingToken();
        Terms memory terms = _termsIn(address(liar));
        _approveAndLock(terms, abi.encodeWithSelector(IEscrow.ReceiptMismatch.selector, address(liar), terms.amount, 0));
    }

    function test_RefusesATokenThatReturnsFalse() public {
        SilentToken silent = new SilentToken();
        Terms memory terms = _termsIn(address(silent));
        silent.mint(payer, terms.amount);
        silent.setFailing(true);
        _approveAndLock(terms, abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(silent)));
    }

    function test_APayoutThatReturnsFalseLeavesTheEscrowOpen() public {
        SilentToken silent = new SilentToken();
        Terms memory terms = _termsIn(address(silent));
        silent.mint(payer, terms.amount);
        _approveAndLock(terms, "");
        silent.setFailing(true);
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(silent));
        vm.expectRevert(failed);
        _release(terms);
        vm.expectRevert(failed);
        _refund(terms);
        vm.warp(REFUND_AFTER);
        vm.expectRevert(failed);
        _expire(terms, stranger);
        _assertStatus(terms, Status.Locked);
        vm.assertEq(escrow.totalLocked(address(silent)), terms.amount, "total");

        silent.setFailing(false);
        _expire(terms, stranger);
        vm.assertEq(silent.balanceOf(payer), terms.amount, "paid back");
    }

    /// @dev The nested lock would be counted twice by the outer one's balance check.
    function test_NoLockWithinALock() public {
        (ReentrantToken loop, Terms memory terms) = _reentrant();
        Terms memory nested = terms;
        nested.payer = address(loop);
        _refusesWithin(loop, terms, abi.encodeCall(IEscrow.lock, (nested)));
    }

    function test_NoExitWithinALock() public {
        (ReentrantToken loop, Terms memory terms) = _reentrant();
        _refusesWithin(loop, terms, abi.encodeCall(IEscrow.release, (terms)));
        (loop, terms) = _reentrant();
        _refusesWithin(loop, terms, abi.encodeCall(IEscrow.refund, (terms)));
        (loop, terms) = _reentrant();
        _refusesWithin(loop, terms, abi.encodeCall(IEscrow.expire, (terms)));
    }

    /// @dev The guard is not what a second exit breaks on alone: the escrow is closed before its tokens leave.
    function test_ASwallowedSecondExitPaysOnce() public {
        bytes4[3] memory exits = [IEscrow.release.selector, IEscrow.refund.selector, IEscrow.expire.selector];
        for (uint256 i = 0; i < exits.length; ++i) {
            (ReentrantToken loop, Terms memory terms) = _reentrant();
            loop.mint(payer, terms.amount);
            _approveAndLock(terms, "");
            loop.mint(address(escrow), terms.amount);
            vm.warp(REFUND_AFTER);
            loop.arm(address(escrow), abi.encodeWithSelector(exits[i], terms), true);
            _release(terms);

            vm.assertTrue(!loop.succeeded(), "second exit");
            vm.assertEq(
                keccak256(loop.answer()),
                keccak256(abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)),
                "refusal"
            );
            _assertStatus(terms, Status.Released);
            vm.assertEq(loop.balanceOf(payee), terms.amount, "payee");
            vm.assertEq(loop.balanceOf(payer), 0, "payer");
            vm.assertEq(loop.balanceOf(address(escrow)), terms.amount, "what is not its own");
            vm.warp(START);
        }
    }

    function _refusesSkewed(int256 skew, uint256 received) private {
        SkewedToken skewed = new SkewedToken(skew);
        Terms memory terms = _termsIn(address(skewed));
        skewed.mint(payer, terms.amount);
        _approveAndLock(terms, abi.encodeWithSelector(IEscrow.ReceiptMismatch.selector, address(skewed), terms.amount, received));
        vm.assertEq(skewed.balanceOf(payer), terms.amount, "payer keeps his tokens");
    }

    function _refusesWithin(ReentrantToken loop, Terms memory terms, bytes memory call) private {
        terms.payer = payer;
        loop.mint(payer, terms.amount);
        loop.arm(address(escrow), call, false);
        _approveAndLock(terms, abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
    }

    /// @dev A token with every right that a callback could need: funds and an approval of its own, and the operator's role.
    function _reentrant() private returns (ReentrantToken loop, Terms memory terms) {
        loop = new ReentrantToken();
        terms = _termsIn(address(loop));
        loop.mint(address(loop), terms.amount);
        loop.approveFor(address(loop), address(escrow), terms.amount);
        bytes32 role = escrow.OPERATOR_ROLE();
        vm.prank(admin);
        escrow.grantRole(role, address(loop));
    }

    function _termsIn(address listed) private returns (Terms memory terms) {
        vm.prank(admin);
        escrow.setTokenAllowed(listed, true);
        terms = _terms();
        terms.token = listed;
    }

    function _approveAndLock(Terms memory terms, bytes memory refusal) private {
        vm.prank(payer);
        IERC20(terms.token).approve(address(escrow), terms.amount);
        if (refusal.length > 0) vm.expectRevert(refusal);
        vm.prank(payer);
        escrow.lock(terms);
        if (refusal.length == 0) return;
        _assertStatus(terms, Status.None);
        vm.assertEq(escrow.totalLocked(terms.token), 0, "total");
    }
}
