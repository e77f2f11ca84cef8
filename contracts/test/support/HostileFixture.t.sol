// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Status, Terms, TokenState} from "../../interfaces/IEscrow.sol";
import {EscrowFixture} from "./EscrowFixture.t.sol";
import {FreeToken} from "./HostileTokens.t.sol";
import {vm} from "./Vm.t.sol";

/// @dev A hostile token on the allow-list, and escrows of an honest token beside it, before and after it in every batch.
abstract contract HostileFixture is EscrowFixture {
    uint256 internal constant AMOUNT = 100_250_000;

    /// @dev Lists the token and gives the payer twice the amount, all of it approved.
    function _listed(FreeToken hostile) internal returns (Terms memory terms) {
        vm.prank(admin);
        escrow.listToken(address(hostile), _looseLimits());
        terms = _terms();
        terms.token = address(hostile);
        hostile.mint(payer, 2 * AMOUNT);
        vm.prank(payer);
        hostile.approve(address(escrow), type(uint256).max);
    }

    function _another(Terms memory terms) internal pure returns (Terms memory other) {
        other = abi.decode(abi.encode(terms), (Terms));
        other.ref = keccak256("another transfer");
    }

    function _lockHostile(Terms memory terms) internal {
        vm.prank(terms.payer);
        escrow.lock(terms);
    }

    /// @dev Refuses the lock alone with `reason`, and skips it for the same reason in a batch whose other items are locked.
    function _refusesToLock(Terms memory terms, bytes memory reason) internal {
        TokenState memory before = escrow.tokenState(terms.token);
        vm.expectRevert(reason);
        vm.prank(payer);
        escrow.lock(terms);

        Terms[] memory items = _between(terms);
        _fund(items[0]);
        _fund(items[2]);
        vm.prank(payer);
        token.approve(address(escrow), 2 * AMOUNT);
        vm.prank(payer);
        bytes4[] memory refusals = escrow.lockBatch(items);
        _assertOnlyTheMiddleIsRefused(refusals, bytes4(reason));
        _assertStatus(items[0], Status.Locked);
        _assertStatus(terms, Status.None);
        _assertStatus(items[2], Status.Locked);
        vm.assertEq(keccak256(abi.encode(escrow.tokenState(terms.token))), keccak256(abi.encode(before)), "the token's books");
        vm.assertEq(escrow.totalLocked(address(token)), 2 * AMOUNT, "the honest token's books");
    }

    /// @dev The token no longer pays: an exit of `terms` alone and one of another escrow of the token in a batch end in credits, and everyone
    /// else is paid.
    function _paysTheOthersAndCreditsTheRest(Terms memory terms) internal {
        Terms memory other = _another(terms);
        _release(terms);
        _assertStatus(terms, Status.Released);
        vm.assertEq(escrow.creditOf(terms.token, payee), AMOUNT, "credit");

        Terms[] memory items = _between(other);
        _lock(items[0]);
        _lock(items[2]);
        uint256 before = gasleft();
        vm.prank(operator);
        bytes4[] memory refusals = escrow.releaseBatch(items);
        // The gas that one payout gets, and what three releases and a credit cost.
        vm.assertLe(before - gasleft(), 250_000 + 4 * 75_000, "gas");
        for (uint256 i = 0; i < items.length; ++i) {
            vm.assertEq(bytes32(refusals[i]), 0, "refusal");
            _assertStatus(items[i], Status.Released);
        }
        _assertBalance(payee, 2 * AMOUNT);
        _assertOwed(terms.token, 0, 2 * AMOUNT);
        _assertOwed(address(token), 0, 0);
        vm.assertEq(escrow.creditOf(terms.token, payee), 2 * AMOUNT, "credits");
    }

    function _assertOwed(address asset, uint256 locked, uint256 credited) internal view {
        TokenState memory state = escrow.tokenState(asset);
        vm.assertEq(state.locked, locked, "locked");
        vm.assertEq(state.credited, credited, "credited");
    }

    /// @dev An item and an escrow of the honest token on each side of it.
    function _between(Terms memory terms) internal view returns (Terms[] memory items) {
        items = new Terms[](3);
        items[0] = _terms();
        items[0].ref = keccak256("before");
        items[1] = terms;
        items[2] = _terms();
        items[2].ref = keccak256("after");
    }

    function _assertOnlyTheMiddleIsRefused(bytes4[] memory refusals, bytes4 reason) internal pure {
        vm.assertEq(bytes32(refusals[0]), 0, "before");
        vm.assertEq(bytes32(refusals[1]), bytes32(reason), "the hostile one");
        vm.assertEq(bytes32(refusals[2]), 0, "after");
    }
}
