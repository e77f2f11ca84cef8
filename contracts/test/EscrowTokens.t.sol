// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowSetup, IEscrow, Limits, Listing, TokenState} from "../interfaces/IEscrow.sol";
import {TestDollar} from "./TestDollar.sol";
import {DeployedEscrow, deployEscrow} from "./support/Deployed.t.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev The list of tokens: who puts them on it, takes them off it, and pauses them.
contract EscrowTokensTest is EscrowFixture {
    uint256 private constant MOST = 64;

    function test_ListsATokenOnceWithItsFirstLimits() public {
        address other = address(new TestDollar(admin));
        Limits memory limits = Limits(1_000e6, 700e6, 100e6, 2);
        _expectLog(address(escrow));
        emit IEscrow.TokenListed(other, limits, 1);
        _list(other, limits);

        TokenState memory state = escrow.tokenState(other);
        vm.assertTrue(state.allowed && !state.paused, "allowed");
        vm.assertEq(state.sequence, 1, "sequence");
        vm.assertEq(state.available, limits.capacity, "full");
        vm.assertEq(keccak256(abi.encode(state.limits)), keccak256(abi.encode(limits)), "limits");
        vm.assertEq(state.locked + state.credited + state.notBefore, 0, "nothing yet");
        address[] memory tokens = escrow.listedTokens();
        vm.assertTrue(tokens.length == 2 && tokens[0] == address(token) && tokens[1] == other, "list");

        vm.expectRevert(abi.encodeWithSelector(IEscrow.TokenAlreadyListed.selector, other));
        _list(other, limits);
        // Off the list is not unlisted: its limits, its escrows and its sequence stay.
        vm.prank(admin);
        escrow.setTokenAllowed(other, false);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TokenAlreadyListed.selector, other));
        _list(other, limits);
    }

    function test_ASetupListsInItsOrderAndEachOnce() public {
        EscrowSetup memory setup;
        setup.admin = admin;
        setup.listings = new Listing[](2);
        setup.listings[0] = Listing(address(new TestDollar(admin)), _looseLimits());
        setup.listings[1] = Listing(address(token), _noLimits());
        DeployedEscrow two = deployEscrow(setup);
        for (uint256 i = 0; i < 2; ++i) {
            vm.assertEq(two.listedTokens()[i], setup.listings[i].token, "order");
            vm.assertEq(two.tokenState(setup.listings[i].token).available, setup.listings[i].limits.capacity, "capacity");
        }
        setup.listings[0] = setup.listings[1];
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TokenAlreadyListed.selector, address(token)));
        deployEscrow(setup);
    }

    function test_ATokenThatWasNeverListedIsAllZeros() public view {
        TokenState memory nothing;
        vm.assertEq(keccak256(abi.encode(escrow.tokenState(stranger))), keccak256(abi.encode(nothing)), "state");
    }

    function test_ListsOnlyContracts() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ZeroToken.selector));
        _list(address(0), _looseLimits());
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotAContract.selector, stranger));
        _list(stranger, _looseLimits());
    }

    /// @dev As many as one transaction can pause.
    function test_ListsSixtyFourTokensAndPausesThemAll() public {
        for (uint256 i = 1; i < MOST; ++i) _list(address(new TestDollar(admin)), _looseLimits());
        address other = address(new TestDollar(admin));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooManyTokens.selector, MOST));
        _list(other, _looseLimits());

        uint256 gas = gasleft();
        _pause();
        vm.assertLe(gas - gasleft(), 1_000_000, "gas of a pause of all");
        address[] memory tokens = escrow.listedTokens();
        vm.assertEq(tokens.length, MOST, "tokens");
        for (uint256 i = 0; i < MOST; ++i) vm.assertTrue(escrow.tokenState(tokens[i]).paused, "paused");
    }

    function test_AllowsAndDisallows() public {
        bool[2] memory steps = [false, true];
        for (uint40 i = 0; i < steps.length; ++i) {
            _expectLog(address(escrow));
            emit IEscrow.TokenAllowed(address(token), steps[i], 2 + i);
            vm.prank(admin);
            escrow.setTokenAllowed(address(token), steps[i]);
            vm.assertTrue(escrow.tokenState(address(token)).allowed == steps[i], "allowed");
        }
    }

    function test_TheGuardianPausesOneAndTheAdminEndsIt() public {
        address other = address(new TestDollar(admin));
        _list(other, _looseLimits());
        _expectLog(address(escrow));
        emit IEscrow.TokenPaused(address(token), true, guardian, 2);
        vm.prank(guardian);
        escrow.pause(address(token));
        vm.assertTrue(escrow.tokenState(address(token)).paused, "paused");
        vm.assertTrue(!escrow.tokenState(other).paused, "the other");
        _expectLog(address(escrow));
        emit IEscrow.TokenPaused(address(token), false, admin, 3);
        vm.prank(admin);
        escrow.unpause(address(token));
        vm.assertTrue(!escrow.tokenState(address(token)).paused, "ended");
    }

    function test_APauseOfAllIsSilentAboutWhatIsPausedAlready() public {
        address other = address(new TestDollar(admin));
        _list(other, _looseLimits());
        vm.prank(guardian);
        escrow.pause(address(token));
        _expectLog(address(escrow));
        emit IEscrow.TokenPaused(other, true, guardian, 2);
        _pause();
        vm.assertEq(escrow.tokenState(address(token)).sequence, 2, "paused before");
        vm.assertTrue(escrow.tokenState(address(token)).paused && escrow.tokenState(other).paused, "all");
    }

    function test_OnlyAListedTokenIsPausedOrAllowed() public {
        address other = address(new TestDollar(admin));
        bytes memory refusal = abi.encodeWithSelector(IEscrow.TokenNotListed.selector, other);
        vm.expectRevert(refusal);
        vm.prank(guardian);
        escrow.pause(other);
        vm.expectRevert(refusal);
        vm.prank(admin);
        escrow.unpause(other);
        vm.expectRevert(refusal);
        vm.prank(admin);
        escrow.setTokenAllowed(other, true);
    }

    function testFuzz_OnlyTheGuardianPauses(address caller) public {
        vm.assume(caller != guardian);
        bytes32 role = escrow.GUARDIAN_ROLE();
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.pause(address(token));
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.pauseAll();
    }

    function testFuzz_OnlyTheAdminListsAllowsAndUnpauses(address caller) public {
        vm.assume(caller != admin);
        bytes32 role = escrow.DEFAULT_ADMIN_ROLE();
        _pause();
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.unpause(address(token));
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.setTokenAllowed(address(token), false);
        _expectRoleRefusal(caller, role);
        vm.prank(caller);
        escrow.listToken(address(payer), _looseLimits());
    }

    function _list(address listed, Limits memory limits) private {
        vm.prank(admin);
        escrow.listToken(listed, limits);
    }
}
