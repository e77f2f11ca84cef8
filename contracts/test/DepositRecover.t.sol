// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDepositAddresses} from "../interfaces/IDepositAddresses.sol";
import {IEscrow, Status, Terms} from "../interfaces/IEscrow.sol";
import {TestDollar} from "./TestDollar.sol";
import {DepositFixture} from "./support/DepositFixture.t.sol";
import {ReentrantToken, SkewedToken} from "./support/HostileTokens.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev The ways back: to `payer` of the terms, and to nobody else.
contract DepositRecoverTest is DepositFixture {
    /// @dev Whoever calls: what he cannot take back, he leaves, so that the rest can still come.
    function testFuzz_BeforeTheDeadlineAStrangerTakesBackTheExcessOnly(address caller, uint256 brought) public {
        vm.assume(caller != payer && caller != operator);
        Terms memory terms = _terms();
        brought = _bound(brought, 0, type(uint128).max);
        address account = _bring(terms, brought);
        if (brought <= AMOUNT) {
            _expectNothingToRecover(terms);
            _recover(terms, caller);
            return;
        }
        _expectLog(address(addresses));
        emit IDepositAddresses.Recovered(escrow.escrowIdOf(_held(terms)), account, terms.token, terms.payer, brought - AMOUNT);
        vm.assertEq(_recover(terms, caller), brought - AMOUNT, "recovered");
        _assertBalance(payer, brought - AMOUNT);
        _lockFrom(terms);
        _assertHeld(AMOUNT, 0);
    }

    function testFuzz_HimselfAndTheOperatorTakeBackAllAtAnyTime(uint256 brought, bool himself, uint64 time) public {
        Terms memory terms = _terms();
        brought = _bound(brought, 1, type(uint128).max);
        address account = _bring(terms, brought);
        vm.warp(_bound(time, START, HARD_DEADLINE));
        vm.assertEq(_recover(terms, himself ? payer : operator), brought, "recovered");
        _assertBalance(payer, brought);
        _assertBalance(account, 0);
    }

    function test_FromTheDeadlineOnAnyoneTakesBackAllToTheSecond() public {
        Terms memory terms = _terms();
        _bring(terms, AMOUNT);
        vm.warp(REFUND_AFTER - 1);
        _expectNothingToRecover(terms);
        _recover(terms, stranger);
        vm.warp(REFUND_AFTER);
        vm.assertEq(_recover(terms, stranger), AMOUNT, "recovered");
        _assertBalance(payer, AMOUNT);
        _expectNothingToRecover(terms);
        _recover(terms, stranger);
    }

    function testFuzz_OnceLockedAnyoneTakesBackWhateverIsThere(uint256 second, address caller) public {
        Terms memory terms = _terms();
        second = _bound(second, 1, type(uint128).max);
        _bring(terms, AMOUNT);
        _lockFrom(terms);
        _expectNothingToRecover(terms);
        _recover(terms, caller);
        _bring(terms, second);
        vm.assertEq(_recover(terms, caller), second, "recovered");
        _assertBalance(payer, second);
        _assertHeld(AMOUNT, 0);
    }

    function test_ARefundOfTheEscrowComesBackAndGoesOn() public {
        Terms memory terms = _terms();
        address account = _bring(terms, AMOUNT);
        _lockFrom(terms);
        _refund(_held(terms));
        _assertBalance(account, AMOUNT);
        _recover(terms, stranger);
        _assertBalance(payer, AMOUNT);
        _assertLockedFrom(terms, Status.Refunded);
    }

    /// @dev With every key lost, and in a pause: what anyone can do is enough.
    function test_NoKeyIsNeeded() public {
        Terms memory terms = _terms();
        _bring(terms, AMOUNT);
        _lockFrom(terms);
        _pause();
        bytes32 role = escrow.OPERATOR_ROLE();
        vm.prank(admin);
        escrow.revokeRole(role, operator);
        vm.warp(REFUND_AFTER);
        _expire(_held(terms), stranger);
        _recover(terms, stranger);
        _assertBalance(payer, AMOUNT);
    }

    function test_AnOperatorWhoIsNoneAnyMoreIsAStranger() public {
        Terms memory terms = _terms();
        _bring(terms, AMOUNT);
        bytes32 role = escrow.OPERATOR_ROLE();
        vm.prank(admin);
        escrow.revokeRole(role, operator);
        _expectNothingToRecover(terms);
        _recover(terms, operator);
    }

    function test_ACreditOfTheAddressIsClaimedOnTheWay() public {
        Terms memory terms = _terms();
        address account = _bring(terms, AMOUNT);
        _lockFrom(terms);
        _setDenied(account, true);
        _refund(_held(terms));
        vm.assertEq(escrow.creditOf(address(token), account), AMOUNT, "credit");
        Terms[] memory deposits = new Terms[](1);
        deposits[0] = terms;
        vm.assertEq(addresses.look(deposits, _only(address(token)))[0].balances[0], AMOUNT, "looks at credits, too");
        _setDenied(account, false);
        vm.assertEq(_recover(terms, stranger), AMOUNT, "recovered");
        _assertBalance(payer, AMOUNT);
        _assertHeld(0, 0);
    }

    function test_WhatTheTokenRefusesToPayStaysUntilItPays() public {
        Terms memory terms = _terms();
        address account = _bring(terms, AMOUNT);
        _setDenied(payer, true);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.DeniedAccount.selector, payer));
        _recover(terms, operator);
        _assertBalance(account, AMOUNT);
        _setDenied(payer, false);
        _recover(terms, operator);
        _assertBalance(payer, AMOUNT);
    }

    function testFuzz_AnotherTokenAndEtherGoBackAtAnyTime(uint256 amount, address caller) public {
        Terms memory terms = _terms();
        amount = _bound(amount, 1, type(uint96).max);
        address account = _bring(terms, AMOUNT);
        TestDollar other = new TestDollar(admin);
        vm.prank(admin);
        other.mint(account, amount);
        vm.deal(account, amount);
        vm.prank(caller);
        addresses.recover(terms, address(other));
        vm.prank(caller);
        addresses.recover(terms, address(0));
        vm.assertEq(other.balanceOf(payer), amount, "token");
        vm.assertEq(payer.balance, amount, "Ether");
        _assertBalance(account, AMOUNT);
    }

    function test_EtherIsRefusedOnceTheAddressHasCode() public {
        Terms memory terms = _terms();
        address account = _bring(terms, AMOUNT);
        _lockFrom(terms);
        vm.deal(address(this), 1 ether);
        (bool taken, ) = account.call{value: 1}("");
        vm.assertTrue(!taken, "taken");
    }

    /// @dev The escrow refuses such a token, so nothing was ever locked: all of it goes back.
    function test_ATokenThatKeepsAFeeGoesBack() public {
        SkewedToken skewed = new SkewedToken(-1);
        vm.prank(admin);
        escrow.listToken(address(skewed), _looseLimits());
        Terms memory terms = _terms();
        terms.token = address(skewed);
        skewed.mint(addresses.depositAddressOf(terms), 2 * AMOUNT);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ReceiptMismatch.selector, address(skewed), AMOUNT, AMOUNT - 1));
        _lockFrom(terms);
        vm.warp(REFUND_AFTER);
        _recover(terms, stranger);
        vm.assertEq(skewed.balanceOf(payer), 2 * AMOUNT - 1, "recovered");
    }

    /// @dev In the middle of a lock the token calls back, into both entries: neither goes through, and the lock does.
    function test_NothingGoesThroughWithinALock() public {
        for (uint256 entry = 0; entry < 2; ++entry) {
            ReentrantToken loop = new ReentrantToken();
            vm.prank(admin);
            escrow.listToken(address(loop), _looseLimits());
            Terms memory terms = _terms();
            terms.token = address(loop);
            address account = addresses.depositAddressOf(terms);
            loop.mint(account, 3 * AMOUNT);
            bytes memory call =
                entry == 0
                    ? abi.encodeCall(IDepositAddresses.recover, (terms, address(loop)))
                    : abi.encodeCall(IDepositAddresses.lock, (terms));
            loop.arm(address(addresses), call);
            _lockFrom(terms);
            vm.assertTrue(loop.called() && !loop.succeeded(), "went through");
            vm.assertEq(loop.balanceOf(account), 2 * AMOUNT, "left");
            vm.assertEq(escrow.totalLocked(address(loop)), AMOUNT, "locked");
        }
    }
}
