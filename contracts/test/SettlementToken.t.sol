// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC7802} from "@openzeppelin/contracts/interfaces/draft-IERC7802.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ISettlementToken, Minter, MinterLimits, SettlementSetup} from "../interfaces/ISettlementToken.sol";
import {RefillBucket} from "../libraries/RefillBucket.sol";
import {DeployedSettlementToken, deploySettlementToken} from "./support/Deployed.t.sol";
import {SettlementFixture} from "./support/SettlementFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev The token by itself: who mints how much, who burns what, and where tokens may go.
contract SettlementTokenTest is SettlementFixture {
    function test_MintsAndTellsWho() public {
        _expectLog(address(settlement));
        emit IERC20.Transfer(address(0), payee, 5e6);
        _expectLog(address(settlement));
        emit IERC7802.CrosschainMint(payee, 5e6, minter);
        _mint(payee, 5e6);
        _assertSupply(5e6);
    }

    function test_ATransactionHasItsOwnLimit() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                ISettlementToken.AboveTransactionLimit.selector,
                minter,
                uint256(limits.perTransaction) + 1,
                uint256(limits.perTransaction)
            )
        );
        _mint(payee, limits.perTransaction + 1);
        _mint(payee, limits.perTransaction);
    }

    function test_TheBucketRefillsWithTime() public {
        _mint(payee, 600e6);
        _mint(payee, 400e6);
        vm.expectRevert(abi.encodeWithSelector(RefillBucket.BucketTooLow.selector, 1, 0));
        _mint(payee, 1);
        vm.warp(START + 12 hours);
        (, uint256 available) = settlement.minterOf(minter);
        vm.assertEq(available, 500e6, "half a day, half the bucket");
        _mint(payee, 500e6);
        _assertSupply(1_500e6);
    }

    /// @dev However he asks, no window sees more than capacity and refill.
    function testFuzz_NoWindowSeesMoreThanCapacityAndRefill(uint32[24] memory amounts, uint16[24] memory pauses) public {
        uint256 time = START;
        uint256[] memory times = new uint256[](24);
        uint256[] memory minted = new uint256[](24);
        for (uint256 i = 0; i < 24; ++i) {
            time += pauses[i];
            vm.warp(time);
            times[i] = time;
            vm.prank(minter);
            try settlement.crosschainMint(payee, amounts[i]) {
                minted[i] = amounts[i];
            } catch {}
        }
        for (uint256 from = 0; from < 24; ++from) {
            uint256 sum = 0;
            for (uint256 to = from; to < 24; ++to) {
                sum += minted[to];
                uint256 most = limits.capacity + (limits.refillPerDay * (times[to] - times[from])) / 1 days;
                vm.assertLe(sum, most, "window");
            }
        }
    }

    function test_NothingIsMintedToTheTokenItself() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.TransferToToken.selector, address(0)));
        _mint(address(settlement), 1);
    }

    function test_NobodySendsTokensToTheToken() public {
        _mint(payee, 5e6);
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.TransferToToken.selector, payee));
        vm.prank(payee);
        settlement.transfer(address(settlement), 1);
        _assertSupply(5e6);
    }

    function test_BurnsOnesOwn() public {
        _mint(payee, 5e6);
        _expectLog(address(settlement));
        emit IERC7802.CrosschainBurn(payee, 2e6, payee);
        vm.prank(payee);
        settlement.crosschainBurn(payee, 2e6);
        _assertSupply(3e6);
    }

    function test_BurnsAnothersOnlyWithinHisAllowance() public {
        _mint(payee, 5e6);
        vm.prank(stranger);
        (bool without, ) = address(settlement).call(abi.encodeCall(settlement.crosschainBurn, (payee, 1)));
        vm.assertTrue(!without, "burned without an allowance");
        vm.prank(payee);
        settlement.approve(stranger, 2e6);
        vm.prank(stranger);
        settlement.crosschainBurn(payee, 2e6);
        vm.assertEq(settlement.allowance(payee, stranger), 0, "allowance");
        _assertSupply(3e6);
    }

    function test_NothingIsNothing() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.ZeroAmount.selector));
        _mint(payee, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.ZeroAmount.selector));
        settlement.crosschainBurn(stranger, 0);
    }

    function test_APauseStopsAllThatMoves() public {
        _mint(payee, 5e6);
        _expectRoleRefusal(stranger, settlement.PAUSER_ROLE());
        vm.prank(stranger);
        settlement.pause();
        vm.prank(pauser);
        settlement.pause();
        vm.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        _mint(payee, 1);
        vm.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        vm.prank(payee);
        settlement.crosschainBurn(payee, 1);
        vm.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        vm.prank(payee);
        settlement.transfer(stranger, 1);
        _expectRoleRefusal(pauser, bytes32(0));
        vm.prank(pauser);
        settlement.unpause();
        vm.prank(admin);
        settlement.unpause();
        _mint(payee, 1);
    }

    function test_LimitsAreLoweredAtOnce() public {
        MinterLimits memory lower = MinterLimits(100e6, 500e6, 700e6);
        _expectLog(address(settlement));
        emit ISettlementToken.MinterLimitsChanged(minter, lower);
        vm.prank(limiter);
        settlement.lowerMinterLimits(minter, lower);
        (MinterLimits memory now_, uint256 available) = settlement.minterOf(minter);
        vm.assertEq(keccak256(abi.encode(now_)), keccak256(abi.encode(lower)), "limits");
        vm.assertEq(available, 500e6, "available");
    }

    function test_NothingIsRaisedUnderThatName() public {
        MinterLimits[3] memory higher = [limits, limits, limits];
        ++higher[0].perTransaction;
        ++higher[1].capacity;
        ++higher[2].refillPerDay;
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISettlementToken.LimitsNotLower.selector, minter));
            vm.prank(limiter);
            settlement.lowerMinterLimits(minter, higher[i]);
        }
    }

    function test_LimitsAreRaisedAfterTheDelay() public {
        MinterLimits memory higher = MinterLimits(2_000e6, 2_000e6, 2_000e6);
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.NoLimitsProposed.selector, minter));
        vm.prank(limiter);
        settlement.applyMinterLimits(minter);

        _expectLog(address(settlement));
        emit ISettlementToken.MinterLimitsProposed(minter, higher, START + LIMITS_DELAY);
        vm.prank(limiter);
        settlement.proposeMinterLimits(minter, higher);
        vm.warp(START + LIMITS_DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.LimitsNotDue.selector, minter, START + LIMITS_DELAY));
        vm.prank(limiter);
        settlement.applyMinterLimits(minter);
        vm.warp(START + LIMITS_DELAY);
        vm.prank(limiter);
        settlement.applyMinterLimits(minter);
        _mint(payee, 2_000e6);
        (, uint64 notBefore) = settlement.proposedMinterLimits(minter);
        vm.assertEq(notBefore, 0, "used up");
    }

    function test_AProposalIsDroppedByLimiterOrAdminOrByLowering() public {
        address[2] memory may = [limiter, admin];
        for (uint256 i = 0; i < 2; ++i) {
            _propose();
            vm.expectRevert(abi.encodeWithSelector(ISettlementToken.CannotCancelLimits.selector, stranger));
            vm.prank(stranger);
            settlement.cancelMinterLimits(minter);
            _expectLog(address(settlement));
            emit ISettlementToken.MinterLimitsProposalCancelled(minter);
            vm.prank(may[i]);
            settlement.cancelMinterLimits(minter);
            _assertNoneProposed();
        }
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.NoLimitsProposed.selector, minter));
        vm.prank(limiter);
        settlement.cancelMinterLimits(minter);
        _propose();
        vm.prank(limiter);
        settlement.lowerMinterLimits(minter, limits);
        _assertNoneProposed();
    }

    function test_WhatWasMintedStaysMintedWhenLimitsChange() public {
        _mint(payee, 600e6);
        vm.prank(limiter);
        settlement.lowerMinterLimits(minter, MinterLimits(600e6, 700e6, 500e6));
        (, uint256 available) = settlement.minterOf(minter);
        vm.assertEq(available, 100e6, "available");
    }

    function test_OnlyTheLimiterSetsLimits() public {
        bytes32 role = settlement.LIMITER_ROLE();
        _expectRoleRefusal(admin, role);
        vm.prank(admin);
        settlement.lowerMinterLimits(minter, limits);
        _expectRoleRefusal(minter, role);
        vm.prank(minter);
        settlement.proposeMinterLimits(minter, limits);
        _expectRoleRefusal(stranger, role);
        vm.prank(stranger);
        settlement.applyMinterLimits(minter);
    }

    function test_ABucketRefillsWithinAYear() public {
        MinterLimits memory slow = MinterLimits(1, 366, 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.RefillTooSlow.selector, 366, 1));
        vm.prank(limiter);
        settlement.proposeMinterLimits(minter, slow);
        slow.capacity = 365;
        vm.prank(limiter);
        settlement.proposeMinterLimits(minter, slow);
        // Nor by a lowering, which asks for no delay.
        slow = MinterLimits(1, 366, 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementToken.RefillTooSlow.selector, 366, 1));
        vm.prank(limiter);
        settlement.lowerMinterLimits(minter, slow);
    }

    function test_CapacityAndRefillAreTwoThings() public {
        vm.prank(limiter);
        settlement.lowerMinterLimits(minter, MinterLimits(600e6, 500e6, 700e6));
        vm.expectRevert(abi.encodeWithSelector(RefillBucket.BucketTooLow.selector, 500e6 + 1, 500e6));
        _mint(payee, 500e6 + 1);
        _mint(payee, 500e6);
        vm.warp(START + 6 hours);
        (, uint256 available) = settlement.minterOf(minter);
        // Less at most the unit that rounding costs.
        vm.assertTrue(available == 175e6 || available == 175e6 - 1, "a quarter of what a day refills");
    }

    function test_ASetupNamesManyOfEach() public {
        address[] memory both = new address[](2);
        (both[0], both[1]) = (stranger, payee);
        Minter[] memory minters = new Minter[](2);
        (minters[0], minters[1]) = (Minter(stranger, limits), Minter(payee, limits));
        DeployedSettlementToken many = deploySettlementToken(
            SettlementSetup({
                name: "Issuer Dollar",
                symbol: "IUSD",
                admin: admin,
                adminDelay: ADMIN_DELAY,
                limitsDelay: LIMITS_DELAY,
                escrows: both,
                limiters: both,
                pausers: both,
                minters: minters
            })
        );
        bytes32[3] memory roles = [many.ESCROW_ROLE(), many.LIMITER_ROLE(), many.PAUSER_ROLE()];
        for (uint256 i = 0; i < both.length; ++i) {
            for (uint256 j = 0; j < roles.length; ++j) vm.assertTrue(many.hasRole(roles[j], both[i]), "role");
            (, uint256 available) = many.minterOf(both[i]);
            vm.assertEq(available, limits.capacity, "minter");
        }
    }

    function test_SaysWhatItIs() public view {
        vm.assertEq(settlement.decimals(), 6, "decimals");
        vm.assertTrue(settlement.supportsInterface(type(IERC7802).interfaceId), "ERC-7802");
        vm.assertTrue(settlement.supportsInterface(type(IERC20).interfaceId), "ERC-20");
        vm.assertTrue(settlement.supportsInterface(type(IERC165).interfaceId), "ERC-165");
        vm.assertTrue(!settlement.supportsInterface(0xffffffff), "not anything");
    }

    function _propose() private {
        vm.prank(limiter);
        settlement.proposeMinterLimits(minter, MinterLimits(2_000e6, 2_000e6, 2_000e6));
    }

    function _assertNoneProposed() private view {
        (, uint64 notBefore) = settlement.proposedMinterLimits(minter);
        vm.assertEq(notBefore, 0, "proposed");
    }
}
