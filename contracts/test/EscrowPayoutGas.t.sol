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
    uint256 private constant MOST = 700_000;
    // A prime, so that steps fall on ever other places of the gas schedule.
    uint256 private constant STEP = 1_487;

    ThirstyToken private thirsty;

    function setUp() public override {
        super.setUp();
        thirsty = new ThirstyToken();
        vm.prank(admin);
        escrow.listToken(address(thirsty), _looseLimits());
    }

    function test_AnExpiryWithTooLittleGasIsNoCredit() public {
        _sweeps(abi.encodeCall(IEscrow.expire, (_lockThirsty())));
    }

    function test_AReleaseWithTooLittleGasIsNoCredit() public {
        _sweeps(abi.encodeCall(IEscrow.release, (_lockThirsty())));
    }

    /// @dev A batch keeps a 64th for itself at one more level.
    function test_ABatchWithTooLittleGasIsNoCredit() public {
        Terms[] memory items = new Terms[](1);
        items[0] = _lockThirsty();
        _sweeps(abi.encodeCall(IEscrow.refundBatch, (items)));
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

    function _sweeps(bytes memory call) private {
        vm.warp(HARD_DEADLINE);
        uint256 paid = 0;
        uint256 refused = 0;
        for (uint256 limit = 30_000; limit < MOST; limit += STEP) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(operator);
            (, bytes memory answer) = address(escrow).call{gas: limit}(call);
            if (thirsty.balanceOf(address(escrow)) == 0) ++paid;
            if (_contains(answer, IEscrow.PayoutNeedsGas.selector)) ++refused;
            vm.assertEq(escrow.tokenState(address(thirsty)).credited, 0, "became a credit");
            vm.revertToState(snapshot);
        }
        // Both sides of the bound were met.
        vm.assertTrue(paid > 0, "paid");
        vm.assertTrue(refused > 0, "refused");
    }

    function _lockThirsty() private returns (Terms memory terms) {
        terms = _terms();
        terms.token = address(thirsty);
        thirsty.mint(payer, terms.amount);
        vm.prank(payer);
        thirsty.approve(address(escrow), terms.amount);
        vm.prank(payer);
        escrow.lock(terms);
        _assertStatus(terms, Status.Locked);
    }

    /// @dev As the error itself, or as the first of a batch's refusals.
    function _contains(bytes memory answer, bytes4 selector) private pure returns (bool) {
        if (answer.length >= 4 && bytes4(answer) == selector) return true;
        return answer.length == 96 && bytes4(abi.decode(answer, (bytes4[]))[0]) == selector;
    }
}
