// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Status} from "../interfaces/IEscrow.sol";
import {TestDollar} from "./TestDollar.sol";
import {EscrowActor} from "./support/EscrowActor.t.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowInvariantsTest is EscrowFixture {
    EscrowActor private _actor;
    TestDollar[] private _tokens;

    function setUp() public override {
        super.setUp();
        TestDollar other = new TestDollar(admin);
        vm.prank(admin);
        escrow.listToken(address(other), _looseLimits());
        _tokens.push(token);
        _tokens.push(other);
        _actor = new EscrowActor(escrow, _tokens, admin, operator, guardian, START);
    }

    /// @dev Read by the test runner: nothing else is called.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_actor);
    }

    function invariant_TheTotalIsTheSumOfTheOpenEscrowsAndTheBalanceCoversIt() external view {
        for (uint256 t = 0; t < _tokens.length; ++t) {
            address asset = address(_tokens[t]);
            uint256 open = 0;
            for (uint256 i = 0; i < _actor.count(); ++i) {
                EscrowActor.Book memory book = _actor.bookAt(i);
                if (book.terms.token == asset && book.released + book.refunded == 0) open += book.terms.amount;
            }
            vm.assertEq(escrow.totalLocked(asset), open, "total");
            vm.assertEq(_tokens[t].balanceOf(address(escrow)), open + _actor.owned(asset, address(escrow)), "balance");
        }
    }

    function invariant_EveryEscrowEndsAtMostOnceAndItsStatusSaysHow() external view {
        for (uint256 i = 0; i < _actor.count(); ++i) {
            EscrowActor.Book memory book = _actor.bookAt(i);
            vm.assertLe(book.released + book.refunded, 1, "exits");
            Status expected =
                book.released == 1
                    ? Status.Released
                    : book.refunded == 1
                        ? Status.Refunded
                        : Status.Locked;
            vm.assertEq(uint256(escrow.statusOf(escrow.escrowIdOf(book.terms))), uint256(expected), "status");
        }
    }

    function invariant_NobodyGetsWhatIsNotHis() external view {
        for (uint256 t = 0; t < _tokens.length; ++t) {
            for (uint256 p = 0; p < _actor.PARTIES(); ++p) {
                address party = _actor.party(p);
                vm.assertEq(_tokens[t].balanceOf(party), _actor.owned(address(_tokens[t]), party), "party");
            }
        }
    }
}
