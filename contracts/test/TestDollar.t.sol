// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {TestDollar} from "./TestDollar.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

contract TestDollarTest is EscrowFixture {
    function test_IsADollarWithSixDecimals() public view {
        vm.assertEq(token.name(), "Test Dollar", "name");
        vm.assertEq(token.decimals(), 6, "decimals");
        vm.assertEq(token.owner(), admin, "owner");
    }

    function testFuzz_OnlyTheOwnerHasPower(address caller) public {
        vm.assume(caller != admin);
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller);
        vm.expectRevert(refusal);
        vm.prank(caller);
        token.mint(caller, 1);
        vm.expectRevert(refusal);
        vm.prank(caller);
        token.pause();
        vm.expectRevert(refusal);
        vm.prank(caller);
        token.unpause();
        vm.expectRevert(refusal);
        vm.prank(caller);
        token.setDenied(payer, true);
    }

    function test_APauseStopsTransfers() public {
        _mint(payer);
        vm.prank(admin);
        token.pause();
        vm.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        vm.prank(payer);
        token.transfer(payee, 1);
        vm.prank(admin);
        token.unpause();
        vm.prank(payer);
        token.transfer(payee, 1);
        _assertBalance(payee, 1);
    }

    function test_ADeniedAccountNeitherSendsNorReceives() public {
        _mint(payer);
        _mint(payee);
        _expectLog(address(token));
        emit TestDollar.AccountDenied(payer, true);
        vm.prank(admin);
        token.setDenied(payer, true);
        vm.assertTrue(token.isDenied(payer), "denied");
        bytes memory refusal = abi.encodeWithSelector(TestDollar.DeniedAccount.selector, payer);
        vm.expectRevert(refusal);
        vm.prank(payer);
        token.transfer(payee, 1);
        vm.expectRevert(refusal);
        vm.prank(payee);
        token.transfer(payer, 1);
        vm.prank(admin);
        token.setDenied(payer, false);
        vm.prank(payer);
        token.transfer(payee, 1);
        _assertBalance(payee, 101);
    }

    function _mint(address to) private {
        vm.prank(admin);
        token.mint(to, 100);
    }
}
