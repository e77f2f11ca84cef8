// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IEscrow, Status, Terms} from "../interfaces/IEscrow.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev Pays, but only after it has burnt most of the gas that the escrow grants it; with less, it fails.
contract ThirstyToken is ERC20("Thirsty", "DRY") {
    uint256 private constant BURNT = 200_000;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        uint256 end = gasleft() - BURNT;
        while (gasleft() > end) {}
        return super.transfer(to, value);
    }
}

/// @dev Whoever sends an exit chooses its gas. He may make it fail, but not make it end in a credit.
contract EscrowPayoutGasTest is EscrowFixture {
    uint256 private constant MOST = 1_300_000;
    // A prime, so that steps fall on ever other places of the gas schedule.
    uint256 private constant STEP = 2_971;

    ThirstyToken private thirsty;

    function setUp() public override {
        super.setUp();
        thirsty = new ThirstyToken();
        vm.prank(admin);
        escrow.listToken(address(thirsty), _looseLimits());
    }

    function test_AnExpiryWithTooLittleGasIsNoCredit() public {
        _sweeps(abi.encodeCall(IEscrow.expire, (_lockThirsty("one"))));
    }

    function test_AReleaseWithTooLittleGasIsNoCredit() public {
        _sweeps(abi.encodeCall(IEscrow.release, (_lockThirsty("one"))));
    }

    /// @dev Too little gas says nothing about an item: it refuses the batch, so that an estimate of gas is never one that skips payouts.
    function test_ABatchWithTooLittleGasPaysAllOrNone() public {
        Terms[] memory items = new Terms[](3);
        for (uint256 i = 0; i < items.length; ++i) items[i] = _lockThirsty(bytes32(i + 1));
        bytes memory call = abi.encodeCall(IEscrow.refundBatch, (items));
        _sweeps(call);
    }

    /// @dev And with enough gas to try, there is enough to write the credit.
    function test_ARefusedPayoutIsACreditWheneverItIsTried() public {
        Terms memory terms = _terms();
        _lock(terms);
        _setDenied(payee, true);
        bytes memory call = abi.encodeCall(IEscrow.release, (terms));
        uint256 tried = 0;
        for (uint256 limit = 30_000; limit < MOST; limit += STEP) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(operator);
            (bool done, bytes memory answer) = address(escrow).call{gas: limit}(call);
            if (done) {
                ++tried;
                vm.assertEq(escrow.creditOf(address(token), payee), terms.amount, "credit");
            } else {
                // Out of gas before the token is called, or told so: never after.
                vm.assertEq(tried, 0, "fails with more gas");
                if (answer.length > 0) vm.assertTrue(bytes4(answer) == IEscrow.PayoutNeedsGas.selector, "reason");
            }
            vm.revertToState(snapshot);
        }
        vm.assertTrue(tried > 0, "tried");
    }

    /// @dev With too little gas a batch of locks fails as a whole: none of its items is taken for a refusal of the token's.
    function test_ABatchOfLocksWithTooLittleGasLocksNone() public {
        Terms[] memory items = new Terms[](4);
        for (uint256 i = 0; i < items.length; ++i) {
            items[i] = _termsFor(bytes32(i + 1));
            _fund(items[i]);
        }
        vm.prank(payer);
        token.approve(address(escrow), items.length * items[0].amount);
        bytes memory call = abi.encodeCall(IEscrow.lockBatch, (items));
        uint256 locked = 0;
        for (uint256 limit = 30_000; limit < MOST; limit += STEP) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(payer);
            (bool done, ) = address(escrow).call{gas: limit}(call);
            if (done) ++locked;
            vm.assertEq(escrow.totalLocked(address(token)), done ? items.length * items[0].amount : 0, "total");
            vm.revertToState(snapshot);
        }
        vm.assertTrue(locked > 0, "locked");
    }

    function _sweeps(bytes memory call) private {
        vm.warp(HARD_DEADLINE);
        uint256 held = thirsty.balanceOf(address(escrow));
        uint256 paid = 0;
        uint256 refused = 0;
        for (uint256 limit = 30_000; limit < MOST; limit += STEP) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(operator);
            (bool done, bytes memory answer) = address(escrow).call{gas: limit}(call);
            if (done) ++paid;
            if (!done && answer.length > 0) {
                ++refused;
                vm.assertTrue(bytes4(answer) == IEscrow.PayoutNeedsGas.selector, "reason");
            }
            vm.assertEq(thirsty.balanceOf(address(escrow)), done ? 0 : held, "paid in part");
            vm.assertEq(escrow.tokenState(address(thirsty)).credited, 0, "became a credit");
            vm.revertToState(snapshot);
        }
        // Both sides of the bound were met.
        vm.assertTrue(paid > 0, "paid");
        vm.assertTrue(refused > 0, "refused");
    }

    function _lockThirsty(bytes32 ref) private returns (Terms memory terms) {
        terms = _termsFor(ref);
        terms.token = address(thirsty);
        thirsty.mint(payer, terms.amount);
        vm.prank(payer);
        thirsty.approve(address(escrow), terms.amount);
        vm.prank(payer);
        escrow.lock(terms);
        _assertStatus(terms, Status.Locked);
    }
}
