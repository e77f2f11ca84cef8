// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowSetup, Listing, Status, TokenState} from "../interfaces/IEscrow.sol";
import {DeployedEscrow, deployEscrow} from "./support/Deployed.t.sol";
import {EscrowActor} from "./support/EscrowActor.t.sol";
import {Cast, EscrowBooks} from "./support/EscrowBooks.t.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {EscrowFold} from "./support/EscrowFold.t.sol";
import {FickleDollar} from "./support/FickleDollar.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev One invariant function, because the runner plays every history once for each of them, the same ones: what it promises is in
/// the names below. The actor itself judges each answer of the contract: nothing goes through that should not (a commit or a refund
/// of a committed escrow by anyone but the operator, a second end, a release beyond a window), nothing is refused that should go through
/// (an exit that is due, whatever a pause, a role, a limit, another token or another payee is up to), and a batch is its single calls.
contract EscrowInvariantsTest is EscrowFixture {
    uint64 private constant SHORT_LIMITS_DELAY = 6 hours;

    EscrowActor private _actor;
    EscrowFold private _fold;
    FickleDollar[] private _tokens;

    function setUp() public override {
        vm.warp(START);
        vm.recordLogs();
        escrow = _deployForHistories();
        for (uint256 t = 0; t < 3; ++t) {
            _tokens.push(new FickleDollar(admin));
            vm.prank(admin);
            escrow.listToken(address(_tokens[t]), _looseLimits());
        }
        _fold = new EscrowFold();
        _fold.follow(vm.getRecordedLogs(), address(escrow));
        _actor = new EscrowActor(escrow, _fold, _tokens, Cast(admin, operator, guardian, limiter), START);
        _actor.grantRoles();
    }

    /// @dev Read by the test runner: nothing else is called.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_actor);
    }

    /// @dev Read by the test runner, too. To these two the actor does what no history does.
    function excludeSenders() external view returns (address[] memory excluded) {
        excluded = new address[](2);
        excluded[0] = address(this);
        excluded[1] = address(_actor);
    }

    /// @dev After every call.
    function invariant_TheEscrowKeepsItsPromises() external view {
        for (uint256 t = 0; t < _tokens.length; ++t) {
            EscrowBooks.TokenBook memory book = _actor.tokenBook(address(_tokens[t]));
            TokenState memory state = escrow.tokenState(address(_tokens[t]));
            _theBalanceIsWhatIsLockedAndCreditedAndDonated(_tokens[t], book);
            _theTotalsAreTheSumsOfTheOpenEscrowsAndOfTheCredits(state, book);
            _theLogsAloneTellTheState(address(_tokens[t]), state);
        }
        uint256[] memory touched = _actor.touched();
        for (uint256 i = 0; i < touched.length; ++i) _checkBook(touched[i]);
    }

    /// @dev After every history: what was too much to look at after each call, and then the end of all things.
    function afterInvariant() external {
        _checkAll();
        _actor.loseAllKeys();
        _actor.expireAllAtTheirDeadlines(stranger);
        _checkAll();
        _actor.claimAll(stranger);
        _checkAll();
        for (uint256 t = 0; t < _tokens.length; ++t) {
            uint256 donated = _actor.tokenBook(address(_tokens[t])).donated;
            vm.assertEq(_tokens[t].balanceOf(address(escrow)), donated, "nothing is left but what was given for nothing");
        }
    }

    function _checkAll() private view {
        uint256 count = _actor.count();
        for (uint256 i = 0; i < count; ++i) _checkBook(i);
        for (uint256 t = 0; t < _tokens.length; ++t)
            for (uint256 p = 0; p < _actor.PARTIES(); ++p) _everyoneHasWhatIsHis(address(_tokens[t]), _actor.party(p));
    }

    function _checkBook(uint256 index) private view {
        EscrowBooks.Book memory book = _actor.bookAt(index);
        _theStatusIsTheOneThatTheBooksCameTo(book);
        _everyoneHasWhatIsHis(book.terms.token, book.terms.payer);
        _everyoneHasWhatIsHis(book.terms.token, book.terms.payee);
    }

    function _theBalanceIsWhatIsLockedAndCreditedAndDonated(FickleDollar asset, EscrowBooks.TokenBook memory book) private view {
        vm.assertEq(asset.balanceOf(address(escrow)), book.locked + book.credited + book.donated, "balance");
    }

    function _theTotalsAreTheSumsOfTheOpenEscrowsAndOfTheCredits(
        TokenState memory state,
        EscrowBooks.TokenBook memory book
    ) private pure {
        vm.assertEq(state.locked, book.locked, "sum of the open escrows");
        vm.assertEq(state.credited, book.credited, "sum of the credits");
    }

    function _theLogsAloneTellTheState(address asset, TokenState memory state) private view {
        state.available = 0;
        vm.assertEq(keccak256(abi.encode(_fold.tokenState(asset))), keccak256(abi.encode(state)), "fold of a token's events");
    }

    /// @dev The books move only along the diagram of {Status}, and end once.
    function _theStatusIsTheOneThatTheBooksCameTo(EscrowBooks.Book memory book) private view {
        Status status = escrow.statusOf(book.id);
        vm.assertEq(uint256(status), uint256(book.status), "status");
        vm.assertEq(uint256(_fold.statusOf(book.id)), uint256(status), "fold of an escrow's events");
    }

    /// @dev What came in under terms goes to their payer or their payee, once, and to no one else.
    function _everyoneHasWhatIsHis(address asset, address account) private view {
        vm.assertEq(FickleDollar(asset).balanceOf(account), _actor.held(asset, account), "party");
        uint256 credit = escrow.creditOf(asset, account);
        vm.assertEq(credit, _actor.credit(asset, account), "credit");
        vm.assertEq(_fold.creditOf(asset, account), credit, "fold of an account's credits");
    }

    function _deployForHistories() private returns (DeployedEscrow) {
        return
            deployEscrow(
                EscrowSetup({
                    admin: admin,
                    adminDelay: ADMIN_DELAY,
                    limitsDelay: SHORT_LIMITS_DELAY,
                    operators: _only(operator),
                    guardians: _only(guardian),
                    limiters: _only(limiter),
                    attesters: new address[](0),
                    listings: new Listing[](0)
                })
            );
    }
}
