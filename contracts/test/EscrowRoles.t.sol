// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {Escrow} from "../Escrow.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowRolesTest is EscrowFixture {
    bytes32 private constant ADMIN_ROLE = 0;

    function test_StartsWithOneHolderPerRoleAndTheAllowList() public view {
        vm.assertEq(escrow.defaultAdmin(), admin, "admin");
        vm.assertEq(escrow.defaultAdminDelay(), ADMIN_DELAY, "delay");
        vm.assertTrue(escrow.hasRole(escrow.OPERATOR_ROLE(), operator), "operator");
        vm.assertTrue(escrow.hasRole(escrow.GUARDIAN_ROLE(), guardian), "guardian");
        vm.assertTrue(!escrow.hasRole(escrow.OPERATOR_ROLE(), admin), "the admin cannot release");
        vm.assertTrue(!escrow.hasRole(escrow.GUARDIAN_ROLE(), operator), "the operator cannot pause");
        vm.assertTrue(escrow.isTokenAllowed(address(token)), "token");
        vm.assertTrue(!escrow.paused(), "open");
    }

    function testFuzz_OnlyTheGuardianPauses(address caller) public {
        vm.assume(caller != guardian);
        _expectRoleRefusal(caller, escrow.GUARDIAN_ROLE());
        vm.prank(caller);
        escrow.pause();

        _expectLog(address(escrow));
        emit Pausable.Paused(guardian);
        _pause();
        vm.assertTrue(escrow.paused(), "paused");
    }

    function testFuzz_OnlyTheAdminUnpauses(address caller) public {
        vm.assume(caller != admin);
        _pause();
        _expectRoleRefusal(caller, ADMIN_ROLE);
        vm.prank(caller);
        escrow.unpause();

        _expectLog(address(escrow));
        emit Pausable.Unpaused(admin);
        vm.prank(admin);
        escrow.unpause();
        vm.assertTrue(!escrow.paused(), "open");
    }

    function testFuzz_OnlyTheAdminListsTokens(address caller, address listed) public {
        vm.assume(caller != admin && listed != address(0) && listed != address(token));
        _expectRoleRefusal(caller, ADMIN_ROLE);
        vm.prank(caller);
        escrow.setTokenAllowed(listed, true);

        _expectLog(address(escrow));
        emit IEscrow.TokenAllowed(listed, true);
        vm.prank(admin);
        escrow.setTokenAllowed(listed, true);
        vm.assertTrue(escrow.isTokenAllowed(listed), "on the list");

        _expectLog(address(escrow));
        emit IEscrow.TokenAllowed(listed, false);
        vm.prank(admin);
        escrow.setTokenAllowed(listed, false);
        vm.assertTrue(!escrow.isTokenAllowed(listed), "off the list");
    }

    function test_ListingATokenKeepsItsTotal() public {
        _lock(_terms());
        uint256 total = escrow.totalLocked(address(token));
        vm.prank(admin);
        escrow.setTokenAllowed(address(token), false);
        vm.assertEq(escrow.totalLocked(address(token)), total, "off the list");
        vm.prank(admin);
        escrow.setTokenAllowed(address(token), true);
        vm.assertEq(escrow.totalLocked(address(token)), total, "on the list");
    }

    function test_TheZeroTokenIsNeverListed() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ZeroToken.selector));
        vm.prank(admin);
        escrow.setTokenAllowed(address(0), true);

        address[] memory tokens = new address[](1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ZeroToken.selector));
        new Escrow(admin, ADMIN_DELAY, operator, guardian, tokens);
    }

    function test_TheAdminReplacesALostOperator() public {
        bytes32 role = escrow.OPERATOR_ROLE();
        vm.prank(admin);
        escrow.revokeRole(role, operator);
        vm.prank(admin);
        escrow.grantRole(role, stranger);
        _lock(_terms());
        _expectRoleRefusal(operator, role);
        _release(_terms());
        vm.prank(stranger);
        escrow.release(_terms());
        _assertBalance(payee, _terms().amount);
    }

    function test_AnOperatorMakesNoOperators() public {
        bytes32 role = escrow.OPERATOR_ROLE();
        _expectRoleRefusal(operator, ADMIN_ROLE);
        vm.prank(operator);
        escrow.grantRole(role, stranger);
    }

    function test_TheAdminChangesInTwoStepsWithADelayBetween() public {
        vm.prank(admin);
        escrow.beginDefaultAdminTransfer(stranger);
        uint48 schedule = uint48(START + ADMIN_DELAY);
        vm.warp(schedule);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminDelay.selector, schedule)
        );
        vm.prank(stranger);
        escrow.acceptDefaultAdminTransfer();
        vm.assertEq(escrow.defaultAdmin(), admin, "before");
        vm.warp(schedule + 1);
        vm.prank(stranger);
        escrow.acceptDefaultAdminTransfer();
        vm.assertEq(escrow.defaultAdmin(), stranger, "after");
    }
}
