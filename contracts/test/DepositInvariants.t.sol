// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TestDollar} from "./TestDollar.sol";
import {DepositActor} from "./support/DepositActor.t.sol";
import {DepositFixture} from "./support/DepositFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev Whatever is brought, in whatever order: it is at its address, in its escrow, with its payer, or, once and in full, with its payee.
contract DepositInvariantsTest is DepositFixture {
    DepositActor private _actor;

    function setUp() public override {
        super.setUp();
        _actor = new DepositActor(addresses, token, new TestDollar(admin), admin, operator, START);
    }

    /// @dev Read by the test runner: nothing else is called.
    function targetContracts() external view returns (address[] memory) {
        return _only(address(_actor));
    }

    function excludeSenders() external view returns (address[] memory) {
        return _only(address(this));
    }

    function invariant_NothingIsLostAndNobodyElseIsPaid() external view {
        // No deposit has to do with another: those of which nothing was said are looked at after each history.
        _check(_actor.touched());
    }

    /// @dev After every history the exits that need no key bring everything to the two parties.
    function afterInvariant() external {
        for (uint256 i = 0; i < _actor.COUNT(); ++i) _check(i);
        _actor.end(stranger);
        for (uint256 i = 0; i < _actor.COUNT(); ++i) {
            _check(i);
            for (uint256 right = 0; right < 2; ++right) {
                uint256[5] memory book = _actor.bookOf(i, right == 1);
                vm.assertEq(book[0] + book[1], 0, "left behind");
            }
        }
    }

    function _check(uint256 which) private view {
        _check(_actor.bookOf(which, true), _actor.amountOf(which));
        _check(_actor.bookOf(which, false), 0);
    }

    function _check(uint256[5] memory book, uint256 amount) private pure {
        vm.assertEq(book[0] + book[1] + book[2] + book[3], book[4], "brought");
        vm.assertTrue(book[3] == 0 || book[3] == amount, "paid");
    }
}
