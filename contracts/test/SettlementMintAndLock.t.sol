// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC7802} from "@openzeppelin/contracts/interfaces/draft-IERC7802.sol";
import {IEscrow, OnExpiry, Terms} from "../interfaces/IEscrow.sol";
import {ISettlementToken} from "../interfaces/ISettlementToken.sol";
import {RefillBucket} from "../libraries/RefillBucket.sol";
import {DeployedEscrow} from "./support/Deployed.t.sol";
import {SettlementFixture} from "./support/SettlementFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev The token as a party of real escrows: what it mints into them, and what comes back out of them.
contract SettlementMintAndLockTest is SettlementFixture {
    function test_MintsAndLocksInOneTransaction() public {
        Terms memory terms = _onrampTerms();
        _expectLog(address(settlement));
        emit IERC7802.CrosschainMint(address(settlement), terms.amount, minter);
        _mintAndLock(terms);
        _assertSupply(terms.amount);
        vm.assertEq(settlement.balanceOf(address(escrow)), terms.amount, "escrow");
        vm.assertEq(escrow.totalLocked(address(settlement)), terms.amount, "locked");
        vm.assertEq(settlement.allowance(address(settlement), address(escrow)), 0, "allowance");
    }

    function test_TheCustomerGetsWhatWasMinted() public {
        Terms memory terms = _onrampTerms();
        _mintAndLock(terms);
        _release(terms);
        _assertSupply(terms.amount);
        vm.assertEq(settlement.balanceOf(payee), terms.amount, "customer");
    }

    function test_ARefundBurnsWhatWasMinted() public {
        Terms memory terms = _onrampTerms();
        _mintAndLock(terms);
        _expectLog(address(settlement));
        emit IERC7802.CrosschainBurn(address(escrow), terms.amount, address(escrow));
        _refund(terms);
        _assertSupply(0);
    }

    function test_AnExpiryByAStrangerBurnsToo() public {
        Terms memory terms = _onrampTerms();
        _mintAndLock(terms);
        vm.warp(REFUND_AFTER);
        _expire(terms, stranger);
        _assertSupply(0);
    }

    function test_TheReleaseOfAnOfframpBurns() public {
        Terms memory terms = _offrampTerms();
        _lockOfframp(terms);
        _commit(terms);
        _release(terms);
        _assertSupply(0);
        vm.assertEq(settlement.balanceOf(payer), 0, "customer");
    }

    function test_TheRefundOfAnOfframpGivesTheCustomerHisTokens() public {
        Terms memory terms = _offrampTerms();
        _lockOfframp(terms);
        _refund(terms);
        _assertSupply(terms.amount);
        vm.assertEq(settlement.balanceOf(payer), terms.amount, "customer");
    }

    function test_ACommittedOnrampCanExpireInFavourOfTheCustomer() public {
        Terms memory terms = _onrampTerms();
        terms.onExpiry = OnExpiry.Release;
        _mintAndLock(terms);
        _commit(terms);
        vm.warp(HARD_DEADLINE);
        _expire(terms, stranger);
        vm.assertEq(settlement.balanceOf(payee), terms.amount, "customer");
    }

    /// @dev What the escrow cannot pay back during the pause stays a credit of the token, and is burned by the claim.
    function test_ARefundDuringAPauseIsBurnedByTheClaim() public {
        Terms memory terms = _onrampTerms();
        _mintAndLock(terms);
        vm.prank(pauser);
        settlement.pause();
        _refund(terms);
        vm.assertEq(escrow.creditOf(address(settlement), address(settlement)), terms.amount, "credit");
        _assertSupply(terms.amount);
        vm.prank(admin);
        settlement.unpause();
        escrow.claim(address(settlement), address(settlement));
        _assertSupply(0);
    }

    function test_OnlyAMinterMints() public {
        Terms memory terms = _onrampTerms();
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementToken.AboveTransactionLimit.selector, stranger, terms.amount, uint256(0))
        );
        vm.prank(stranger);
        settlement.mintAndLock(escrow, terms);
        _assertSupply(0);
    }

    function test_OnlyIntoAnEscrowThatTheIssuerTrusts() public {
        DeployedEscrow other = _deploy(address(settlement));
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.NotAnEscrow.selector, address(other)));
        vm.prank(minter);
        settlement.mintAndLock(other, _onrampTerms());
    }

    function test_OnlyForItsOwnTerms() public {
        Terms memory terms = _offrampTerms();
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.NotOurTerms.selector, payer, address(settlement)));
        _mintAndLock(terms);
        terms = _onrampTerms();
        terms.token = stranger;
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.NotOurTerms.selector, address(settlement), stranger));
        _mintAndLock(terms);
    }

    /// @dev What the escrow refuses was never minted, and takes nothing from the bucket.
    function test_ARefusedLockMintsNothing() public {
        Terms memory terms = _onrampTerms();
        _pauseInEscrow();
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TokenIsPaused.selector, address(settlement)));
        _mintAndLock(terms);
        _assertSupply(0);
        (, uint256 available) = settlement.minterOf(minter);
        vm.assertEq(available, limits.capacity, "bucket");
    }

    function test_TheSameTermsMintOnce() public {
        Terms memory terms = _onrampTerms();
        _mintAndLock(terms);
        vm.prank(minter);
        (bool again, ) = address(settlement).call(abi.encodeCall(settlement.mintAndLock, (escrow, terms)));
        vm.assertTrue(!again, "terms were used twice");
        _assertSupply(terms.amount);
    }

    function test_DrawsOnTheSameBucketAsAMint() public {
        _mint(stranger, 600e6);
        Terms memory terms = _onrampTerms();
        terms.amount = 400e6 + 1;
        vm.expectRevert(abi.encodeWithSelector(RefillBucket.BucketTooLow.selector, 400e6 + 1, 400e6));
        _mintAndLock(terms);
        terms.amount = 400e6;
        _mintAndLock(terms);
        _assertSupply(limits.capacity);
    }

    function _lockOfframp(Terms memory terms) private {
        _mint(terms.payer, terms.amount);
        vm.prank(terms.payer);
        settlement.approve(address(escrow), terms.amount);
        vm.prank(terms.payer);
        escrow.lock(terms);
    }

    function _pauseInEscrow() private {
        vm.prank(guardian);
        escrow.pause(address(settlement));
    }
}
