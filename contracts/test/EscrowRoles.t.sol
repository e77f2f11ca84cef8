// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowSetup} from "../interfaces/IEscrow.sol";
import {IAccessControlDefaultAdminRules as Rules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {DeployedEscrow, deployEscrow} from "./support/Deployed.t.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowRolesTest is EscrowFixture {
    function test_EveryoneHasTheRoleOfTheSetupAndNoOther() public view {
        bytes32[5] memory roles = _roles();
        address[5] memory holders = [admin, operator, guardian, limiter, address(0)];
        for (uint256 i = 0; i < roles.length; ++i) {
            for (uint256 j = 0; j < 4; ++j) vm.assertTrue(escrow.hasRole(roles[i], holders[j]) == (i == j), "role");
            // The admin grants them all.
            vm.assertEq(escrow.getRoleAdmin(roles[i]), roles[0], "admin of the role");
        }
        vm.assertEq(escrow.defaultAdmin(), admin, "admin");
    }

    function test_ASetupNamesManyOfEach() public {
        EscrowSetup memory setup;
        setup.admin = admin;
        setup.operators = _two(operator, payer);
        setup.guardians = _two(guardian, operator);
        setup.limiters = _two(limiter, guardian);
        setup.attesters = _two(stranger, payee);
        DeployedEscrow many = deployEscrow(setup);
        address[2][4] memory expected = [[operator, payer], [guardian, operator], [limiter, guardian], [stranger, payee]];
        for (uint256 i = 0; i < expected.length; ++i)
            for (uint256 j = 0; j < 2; ++j) vm.assertTrue(many.hasRole(_roles()[i + 1], expected[i][j]), "role");
        vm.assertEq(many.listedTokens().length, 0, "no tokens");
    }

    function testFuzz_OnlyTheAdminGrantsAndRevokes(address caller, uint8 which) public {
        vm.assume(caller != admin);
        bytes32 role = _roles()[1 + (which % 4)];
        bytes32 adminRole = escrow.DEFAULT_ADMIN_ROLE();
        _expectRoleRefusal(caller, adminRole);
        vm.prank(caller);
        escrow.grantRole(role, caller);
        _expectRoleRefusal(caller, adminRole);
        vm.prank(caller);
        escrow.revokeRole(role, operator);
    }

    function test_AnAdminIsReplacedInTwoStepsWithADelayBetween() public {
        vm.prank(admin);
        escrow.beginDefaultAdminTransfer(stranger);
        vm.warp(START + ADMIN_DELAY);
        vm.expectRevert(abi.encodeWithSelector(Rules.AccessControlEnforcedDefaultAdminDelay.selector, START + ADMIN_DELAY));
        vm.prank(stranger);
        escrow.acceptDefaultAdminTransfer();
        vm.warp(START + ADMIN_DELAY + 1);
        vm.expectRevert(abi.encodeWithSelector(Rules.AccessControlInvalidDefaultAdmin.selector, payer));
        vm.prank(payer);
        escrow.acceptDefaultAdminTransfer();
        vm.prank(stranger);
        escrow.acceptDefaultAdminTransfer();
        vm.assertEq(escrow.defaultAdmin(), stranger, "new admin");
        vm.assertTrue(!escrow.hasRole(_roles()[0], admin), "old admin");
    }

    function test_AnAdminIsNeverMadeByAGrant() public {
        bytes32 adminRole = escrow.DEFAULT_ADMIN_ROLE();
        vm.expectRevert(abi.encodeWithSelector(Rules.AccessControlEnforcedDefaultAdminRules.selector));
        vm.prank(admin);
        escrow.grantRole(adminRole, stranger);
    }

    function test_RefusesToBeBornWithoutAnAdmin() public {
        EscrowSetup memory setup;
        vm.expectRevert(abi.encodeWithSelector(Rules.AccessControlInvalidDefaultAdmin.selector, address(0)));
        deployEscrow(setup);
    }

    /// @dev The admin first, which is zero.
    function _roles() private pure returns (bytes32[5] memory) {
        return
            [
                bytes32(0),
                keccak256("OPERATOR_ROLE"),
                keccak256("GUARDIAN_ROLE"),
                keccak256("LIMITER_ROLE"),
                keccak256("ATTESTER_ROLE")
            ];
    }

    function _two(address first, address second) private pure returns (address[] memory accounts) {
        accounts = new address[](2);
        (accounts[0], accounts[1]) = (first, second);
    }
}
