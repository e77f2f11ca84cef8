// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow, Terms} from "../interfaces/IEscrow.sol";
import {TestDollar} from "./TestDollar.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowRescueTest is EscrowFixture {
    address private immutable haven = _account("haven");

    /// @dev To the last unit, and not one more: with an open escrow and a credit beside it.
    function testFuzz_TakesTheSurplusAndNothingElse(uint256 surplus, uint256 part, uint256 locked, uint256 credited) public {
        Terms memory refused = _termsFor("refused");
        Terms memory open = _termsFor("open");
        refused.amount = _bound(credited, 1, type(uint80).max);
        open.amount = _bound(locked, 1, type(uint80).max);
        surplus = _bound(surplus, 0, type(uint128).max);
        part = _bound(part, 0, surplus);
        _lock(refused);
        _setDenied(payee, true);
        _release(refused);
        _lock(open);
        vm.prank(admin);
        token.mint(address(escrow), surplus);

        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoSuchSurplus.selector, address(token), surplus));
        _rescue(address(token), surplus + 1);

        _expectLog(address(escrow));
        emit IEscrow.Rescued(address(token), haven, part, 6);
        _rescue(address(token), part);
        _rescue(address(token), surplus - part);
        _assertBalance(haven, surplus);
        _assertHeld(open.amount, refused.amount);
    }

    function test_TakesATokenThatWasNeverListed() public {
        TestDollar other = new TestDollar(admin);
        vm.prank(admin);
        other.mint(address(escrow), 7);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoSuchSurplus.selector, address(other), 7));
        _rescue(address(other), 8);
        _expectLog(address(escrow));
        emit IEscrow.Rescued(address(other), haven, 7, 0);
        _rescue(address(other), 7);
        vm.assertEq(other.balanceOf(haven), 7, "rescued");
        // It is still not listed, and can be.
        vm.assertEq(escrow.tokenState(address(other)).sequence, 0, "sequence");
        vm.prank(admin);
        escrow.listToken(address(other), _looseLimits());
    }

    /// @dev A token that took from our balance by itself has no surplus, not one that wraps around.
    function test_TakesNothingFromAnInsolventToken() public {
        Terms memory terms = _terms();
        _lock(terms);
        vm.mockCall(address(token), abi.encodeCall(token.balanceOf, (address(escrow))), abi.encode(terms.amount - 1));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoSuchSurplus.selector, address(token), 0));
        _rescue(address(token), 1);
    }

    function testFuzz_OnlyTheAdminRescues(address caller) public {
        vm.assume(caller != admin);
        bytes32 role = escrow.DEFAULT_ADMIN_ROLE();
        vm.prank(admin);
        token.mint(address(escrow), 1);
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.rescue(address(token), caller, 1);
    }

    function test_GoesNeitherNowhereNorBackHere() public {
        vm.prank(admin);
        token.mint(address(escrow), 1);
        address[2] memory invalid = [address(0), address(escrow)];
        for (uint256 i = 0; i < invalid.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IEscrow.RecipientInvalid.selector, invalid[i]));
            vm.prank(admin);
            escrow.rescue(address(token), invalid[i], 1);
        }
    }

    function _rescue(address from, uint256 amount) private {
        vm.prank(admin);
        escrow.rescue(from, haven, amount);
    }
}
