// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IEscrow, Status, Terms} from "../interfaces/IEscrow.sol";
import {FickleDollar} from "./support/FickleDollar.t.sol";
import {HostileFixture} from "./support/HostileFixture.t.sol";
import {
    AnsweringToken,
    BoastingToken,
    FreeToken,
    GreedyToken,
    HookedAccount,
    HookedToken,
    RebasingToken,
    SkewedToken,
    UnsteadyToken
} from "./support/HostileTokens.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowHostileTokensTest is HostileFixture {
    // What a lock is told

    function testFuzz_RefusesATokenThatKeepsAFee(uint256 fee) public {
        fee = _bound(fee, 1, AMOUNT);
        SkewedToken skewed = new SkewedToken(-int256(fee));
        _refusesToLock(_listed(skewed), _mismatch(skewed, AMOUNT - fee));
    }

    function testFuzz_RefusesATokenThatDeliversTooMuch(uint256 bonus) public {
        bonus = _bound(bonus, 1, 1e30);
        SkewedToken skewed = new SkewedToken(int256(bonus));
        _refusesToLock(_listed(skewed), _mismatch(skewed, AMOUNT + bonus));
    }

    function test_TakesTheSameTokenWithoutTheSkew() public {
        _locksAndPays(_listed(new SkewedToken(0)));
    }

    function test_RefusesATokenThatOnlyClaimsToHaveMoved() public {
        AnsweringToken liar = new AnsweringToken(false, abi.encode(true));
        _refusesToLock(_listed(liar), _mismatch(liar, 0));
    }

    function test_RefusesATokenThatMovesNothingAndSaysNothing() public {
        AnsweringToken silent = new AnsweringToken(false, "");
        _refusesToLock(_listed(silent), _mismatch(silent, 0));
    }

    /// @dev USDT.
    function test_TakesATokenThatMovesAndSaysNothing() public {
        _locksAndPays(_listed(new AnsweringToken(true, "")));
    }

    function test_RefusesATokenThatSaysFalseAlthoughItMoves() public {
        _refusesByItsAnswer(abi.encode(false));
    }

    function test_RefusesATokenThatSaysTwoAlthoughItMoves() public {
        _refusesByItsAnswer(abi.encode(2));
    }

    function test_RefusesATokenThatSaysTooLittle() public {
        _refusesByItsAnswer(hex"01");
    }

    function test_TakesATokenThatSaysMoreThanYes() public {
        _locksAndPays(_listed(new AnsweringToken(true, abi.encodePacked(abi.encode(true), new bytes(960)))));
    }

    /// @dev A refusal that could not be told from a success would be counted as one.
    function test_ReportsARefusalThatCarriesNothing() public {
        GreedyToken greedy = new GreedyToken();
        Terms memory terms = _listed(greedy);
        greedy.setBomb(64);
        Terms[] memory items = new Terms[](1);
        items[0] = terms;
        vm.prank(payer);
        bytes4[] memory refusals = escrow.lockBatch(items);
        vm.assertEq(bytes32(refusals[0]), bytes32(bytes4(0xffffffff)), "refusal");
        _assertStatus(terms, Status.None);
    }

    // What a token does to balances meanwhile

    function testFuzz_RefusesTheNextLockOnceATokenHasShrunk(uint256 percent) public {
        RebasingToken rebasing = new RebasingToken();
        Terms memory terms = _listed(rebasing);
        _lockHostile(terms);
        percent = _bound(percent, 1, 99);
        rebasing.rebase(percent);
        uint256 balance = (AMOUNT * percent) / 100;
        _refusesToLock(
            _another(terms),
            abi.encodeWithSelector(IEscrow.TokenInsolvent.selector, address(rebasing), AMOUNT, balance)
        );
    }

    function test_CreditsWhatAShrunkTokenCannotPay() public {
        RebasingToken rebasing = new RebasingToken();
        Terms memory terms = _listed(rebasing);
        _lockHostile(terms);
        _lockHostile(_another(terms));
        rebasing.rebase(40);
        _paysTheOthersAndCreditsTheRest(terms);

        rebasing.rebase(100);
        escrow.claim(address(rebasing), payee);
        vm.assertEq(rebasing.balanceOf(payee), 2 * AMOUNT, "all is there again");
    }

    function test_WhatATokenHasGrownBelongsToNoEscrow() public {
        RebasingToken rebasing = new RebasingToken();
        Terms memory terms = _listed(rebasing);
        _lockHostile(terms);
        rebasing.rebase(200);
        _release(terms);
        vm.assertEq(rebasing.balanceOf(payee), AMOUNT, "payee");
        _assertOwed(address(rebasing), 0, 0);
        vm.prank(admin);
        escrow.rescue(address(rebasing), admin, AMOUNT);
        vm.assertEq(rebasing.balanceOf(admin), AMOUNT, "surplus");
    }

    /// @dev It would have to lie between the two looks at the balance to be believed; a constant lie buys nothing.
    function test_ABalanceThatIsALieLocksOnlyWhatHasCome() public {
        BoastingToken boasting = new BoastingToken();
        Terms memory terms = _listed(boasting);
        boasting.boast(1e30);
        _locksAndPays(terms);
    }

    function test_PaysOutOfAnHonestTokenWhateverALiarShows() public {
        BoastingToken boasting = new BoastingToken();
        Terms memory terms = _listed(boasting);
        boasting.boast(1e30);
        _lock(_terms());
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoSuchSurplus.selector, address(token), 0));
        vm.prank(admin);
        escrow.rescue(address(token), admin, 1);
        _lockHostile(terms);
        _release(_terms());
        _assertBalance(payee, AMOUNT);
    }

    function test_AChangeOfDecimalsChangesNoAmount() public {
        UnsteadyToken unsteady = new UnsteadyToken();
        Terms memory terms = _listed(unsteady);
        _lockHostile(terms);
        unsteady.setDecimals(18);
        _release(terms);
        vm.assertEq(unsteady.balanceOf(payee), AMOUNT, "minor units are what was locked");
    }

    // What a payout is told

    function test_CreditsWhatReverts() public {
        _creditsUntilTheMoodPasses(FickleDollar.Mood.Reverts);
    }

    function test_CreditsWhatSaysFalse() public {
        _creditsUntilTheMoodPasses(FickleDollar.Mood.SaysFalse);
    }

    function test_CreditsWhatSaysTwo() public {
        _creditsUntilTheMoodPasses(FickleDollar.Mood.SaysTwo);
    }

    function test_CreditsWhatSaysTooLittle() public {
        _creditsUntilTheMoodPasses(FickleDollar.Mood.SaysTooLittle);
    }

    /// @dev What lies in memory behind a short answer, here the last byte of the token's address, must not complete it.
    function test_CreditsWhatSaysAByteTooLittle() public {
        address place = address(uint160(uint256(keccak256("token")) << 8) | 1);
        vm.etch(place, address(new AnsweringToken(true, "")).code);
        AnsweringToken short = AnsweringToken(place);
        short.setAnswer(true, "");
        Terms memory terms = _listed(short);
        _lockHostile(terms);
        short.setAnswer(false, new bytes(31));
        _release(terms);
        vm.assertEq(escrow.creditOf(place, payee), AMOUNT, "credit");
    }

    function test_CreditsWhatBurnsAllGasAtABoundedPrice() public {
        _creditsUntilTheMoodPasses(FickleDollar.Mood.BurnsGas);
    }

    function test_CreditsWhatRevertsWithABombAtABoundedPrice() public {
        _creditsUntilTheMoodPasses(FickleDollar.Mood.RevertsWithABomb);
    }

    function test_CreditsWhatReturnsABombAtABoundedPrice() public {
        _creditsUntilTheMoodPasses(FickleDollar.Mood.ReturnsABomb);
    }

    function test_CreditsWhatIsPaused() public {
        (FickleDollar fickle, Terms memory terms) = _fickle();
        vm.prank(admin);
        fickle.pause();
        _paysTheOthersAndCreditsTheRest(terms);
        vm.prank(admin);
        fickle.unpause();
        _claims(fickle, 2 * AMOUNT);
    }

    function test_CreditsOnlyWhoIsDenied() public {
        (FickleDollar fickle, Terms memory terms) = _fickle();
        vm.prank(admin);
        fickle.setDenied(payee, true);
        Terms memory other = _another(terms);
        other.payee = stranger;
        vm.prank(admin);
        fickle.mint(payer, AMOUNT);
        _lockHostile(other);
        Terms[] memory items = new Terms[](2);
        (items[0], items[1]) = (terms, other);
        vm.prank(operator);
        escrow.releaseBatch(items);
        vm.assertEq(escrow.creditOf(address(fickle), payee), AMOUNT, "credit");
        vm.assertEq(fickle.balanceOf(stranger), AMOUNT, "the other payee");
        _assertOwed(address(fickle), AMOUNT, AMOUNT);
    }

    /// @dev A token without code succeeds at everything and moves nothing.
    function test_CreditsWhatHasNoCodeAnyMore() public {
        (FickleDollar fickle, Terms memory terms) = _fickle();
        bytes memory code = address(fickle).code;
        vm.etch(address(fickle), "");
        _paysTheOthersAndCreditsTheRest(terms);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(fickle)));
        escrow.claim(address(fickle), payee);
        vm.etch(address(fickle), code);
        _claims(fickle, 2 * AMOUNT);
    }

    /// @dev The one who is hurt by a token that moves and denies it is the token's next payer, and he is told.
    function test_DoesNotPayTwiceOutOfOtherTokensWhatATokenDenies() public {
        AnsweringToken denying = new AnsweringToken(true, "");
        Terms memory terms = _listed(denying);
        _lockHostile(terms);
        denying.setAnswer(true, abi.encode(false));
        _release(terms);
        vm.assertEq(denying.balanceOf(payee), AMOUNT, "it has moved");
        _assertOwed(address(denying), 0, AMOUNT);
        denying.setAnswer(true, "");
        _refusesToLock(_another(terms), abi.encodeWithSelector(IEscrow.TokenInsolvent.selector, address(denying), AMOUNT, 0));
    }

    function test_AFeeThatStartsLaterIsThePayeesLossAlone() public {
        SkewedToken skewed = new SkewedToken(0);
        Terms memory terms = _listed(skewed);
        _lockHostile(terms);
        skewed.setSkew(-1);
        _release(terms);
        vm.assertEq(skewed.balanceOf(payee), AMOUNT - 1, "payee");
        _assertOwed(address(skewed), 0, 0);
    }

    // What a receiver does

    function test_PaysAReceiverWithAHook() public {
        (HookedToken hooked, HookedAccount account, Terms memory terms) = _hooked();
        _release(terms);
        vm.assertEq(hooked.balanceOf(address(account)), AMOUNT, "payee");
    }

    function test_AReceiverWhoRefusesIsCreditedAndHoldsUpNoOne() public {
        _creditsTheReceiver(HookedAccount.Reaction.Refuses);
    }

    function test_AReceiverWhoBurnsGasIsCreditedAndHoldsUpNoOne() public {
        _creditsTheReceiver(HookedAccount.Reaction.BurnsGas);
    }

    function test_AReceiverWhoCallsBackIsPaidOnce() public {
        (HookedToken hooked, HookedAccount account, Terms memory terms) = _hooked();
        Terms memory other = _another(terms);
        _lockHostile(other);
        vm.warp(REFUND_AFTER);
        account.react(HookedAccount.Reaction.CallsBack, abi.encodeCall(IEscrow.expire, (other)));
        _release(terms);
        vm.assertTrue(!account.succeeded(), "called back");
        vm.assertEq(hooked.balanceOf(address(account)), AMOUNT, "payee");
        _assertStatus(other, Status.Locked);
        _expire(other, stranger);
        _assertStatus(other, Status.Refunded);
    }

    function _creditsTheReceiver(HookedAccount.Reaction reaction) private {
        (HookedToken hooked, HookedAccount account, Terms memory terms) = _hooked();
        Terms memory other = _another(terms);
        other.payee = payee;
        _lockHostile(other);
        account.react(reaction, "");
        Terms[] memory items = new Terms[](2);
        (items[0], items[1]) = (terms, other);
        vm.prank(operator);
        bytes4[] memory refusals = escrow.releaseBatch(items);
        vm.assertEq(bytes32(refusals[0]) | bytes32(refusals[1]), 0, "refusals");
        vm.assertEq(escrow.creditOf(address(hooked), address(account)), AMOUNT, "credit");
        vm.assertEq(hooked.balanceOf(payee), AMOUNT, "the other payee");

        account.react(HookedAccount.Reaction.Accepts, "");
        escrow.claim(address(hooked), address(account));
        vm.assertEq(hooked.balanceOf(address(account)), AMOUNT, "claimed");
    }

    function _hooked() private returns (HookedToken hooked, HookedAccount account, Terms memory terms) {
        hooked = new HookedToken();
        account = new HookedAccount(address(escrow));
        hooked.register(address(account));
        terms = _listed(hooked);
        terms.payee = address(account);
        _lockHostile(terms);
    }

    function _creditsUntilTheMoodPasses(FickleDollar.Mood mood) private {
        (FickleDollar fickle, Terms memory terms) = _fickle();
        fickle.setMood(mood);
        _paysTheOthersAndCreditsTheRest(terms);

        fickle.setMood(FickleDollar.Mood.SaysFalse);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(fickle)));
        escrow.claim(address(fickle), payee);
        vm.assertEq(escrow.creditOf(address(fickle), payee), 2 * AMOUNT, "a claim that fails costs nothing");
        fickle.setMood(FickleDollar.Mood.Pays);
        _claims(fickle, 2 * AMOUNT);
    }

    /// @dev Two escrows of the token are open.
    function _fickle() private returns (FickleDollar fickle, Terms memory terms) {
        fickle = new FickleDollar(admin);
        vm.prank(admin);
        escrow.listToken(address(fickle), _looseLimits());
        terms = _terms();
        terms.token = address(fickle);
        vm.prank(admin);
        fickle.mint(payer, 2 * AMOUNT);
        vm.prank(payer);
        fickle.approve(address(escrow), type(uint256).max);
        _lockHostile(terms);
        _lockHostile(_another(terms));
    }

    function _claims(FickleDollar fickle, uint256 amount) private {
        escrow.claim(address(fickle), payee);
        vm.assertEq(fickle.balanceOf(payee), amount, "claimed");
        vm.assertEq(fickle.balanceOf(address(escrow)), 0, "nothing is left");
        _assertOwed(address(fickle), 0, 0);
    }

    function _locksAndPays(Terms memory terms) private {
        _lockHostile(terms);
        _assertStatus(terms, Status.Locked);
        _assertOwed(terms.token, AMOUNT, 0);
        uint256 before = IERC20(terms.token).balanceOf(payee);
        _release(terms);
        vm.assertEq(IERC20(terms.token).balanceOf(payee) - before, AMOUNT, "payee");
        _assertOwed(terms.token, 0, 0);
    }

    function _refusesByItsAnswer(bytes memory answer) private {
        AnsweringToken answering = new AnsweringToken(true, answer);
        _refusesToLock(
            _listed(answering),
            abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(answering))
        );
    }

    function _mismatch(FreeToken hostile, uint256 received) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.ReceiptMismatch.selector, address(hostile), AMOUNT, received);
    }
}
