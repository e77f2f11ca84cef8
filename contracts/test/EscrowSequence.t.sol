// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attestation, IEscrow, Terms} from "../interfaces/IEscrow.sol";
import {TestDollar} from "./TestDollar.sol";
import {EscrowSignatures} from "./support/EscrowSignatures.t.sol";
import {vm, Vm} from "./support/Vm.t.sol";

/// @dev What makes a missing log a provable gap: each event of a token carries that token's next number, whatever the event is.
contract EscrowSequenceTest is EscrowSignatures {
    uint256 private constant ATTESTER_KEY = 0xA77;
    uint256 private constant TOKENS = 2;

    TestDollar[TOKENS] private tokens;
    mapping(address token => uint256) private told;
    mapping(bytes32 topic => bool) private seen;

    function setUp() public override {
        super.setUp();
        tokens[0] = token;
        tokens[1] = new TestDollar(admin);
    }

    function test_EveryEventOfATokenCarriesTheNextNumber() public {
        vm.recordLogs();
        escrow = _deploy(address(tokens[0]));
        bytes32 role = escrow.ATTESTER_ROLE();
        vm.startPrank(admin);
        escrow.grantRole(role, vm.addr(ATTESTER_KEY));
        escrow.listToken(address(tokens[1]), _looseLimits());
        vm.stopPrank();
        // Two tokens in turns: neither counts for the other.
        for (uint256 i = 0; i < TOKENS; ++i) _endEscrowsInEveryWay(tokens[i]);
        for (uint256 i = 0; i < TOKENS; ++i) _administrate(tokens[i]);

        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) _check(logs[i]);
        for (uint256 i = 0; i < TOKENS; ++i) {
            uint256 sequence = escrow.tokenState(address(tokens[i])).sequence;
            vm.assertEq(told[address(tokens[i])], sequence, "the last number");
            vm.assertGe(sequence, 20, "events");
        }
        // None of them was left out of the test.
        bytes32[13] memory all = _numbered();
        for (uint256 i = 0; i < all.length; ++i) vm.assertTrue(seen[all[i]], "an event that never came");
    }

    function _endEscrowsInEveryWay(TestDollar in_) private {
        token = in_;
        Terms[] memory terms = new Terms[](5);
        for (uint256 i = 0; i < terms.length; ++i) {
            terms[i] = _termsFor(bytes32(i + 1));
            _lock(terms[i]);
        }
        _commit(terms[0]);
        _release(terms[1]);
        _refund(terms[2]);
        _setDenied(payee, true);
        _release(terms[3]);
        _setDenied(payee, false);
        escrow.claim(address(token), payee);
        Attestation[] memory attestations = new Attestation[](1);
        attestations[0] = _attest(ATTESTER_KEY, escrow.escrowIdOf(terms[4]), HARD_DEADLINE);
        vm.prank(operator);
        escrow.releaseAttested(terms[4], attestations);
        // All refused but one: what is skipped uses up no number.
        vm.prank(operator);
        escrow.releaseBatch(terms);
    }

    function _administrate(TestDollar of_) private {
        token = of_;
        vm.prank(guardian);
        escrow.pause(address(token));
        vm.startPrank(limiter);
        escrow.proposeLimits(address(token), _looseLimits());
        escrow.cancelLimits(address(token));
        escrow.lowerLimits(address(token), _noLimits());
        vm.stopPrank();
        vm.startPrank(admin);
        escrow.unpause(address(token));
        escrow.setTokenAllowed(address(token), false);
        token.mint(address(escrow), 1);
        escrow.rescue(address(token), admin, 1);
        vm.stopPrank();
    }

    function _check(Vm.Log memory log) private {
        if (log.emitter != address(escrow) || !_isNumbered(log.topics[0])) return;
        // Events of an escrow name the token last, those of a token first.
        address of_ = address(uint160(uint256(_isOfEscrow(log.topics[0]) ? log.topics[3] : log.topics[1])));
        uint256 sequence;
        bytes memory data = log.data;
        // It is the last word of the data in all of them.
        assembly ("memory-safe") {
            sequence := mload(add(data, mload(data)))
        }
        vm.assertEq(sequence, ++told[of_], "the next number");
        if (told[of_] == 1) vm.assertEq(log.topics[0], IEscrow.TokenListed.selector, "the first event");
        seen[log.topics[0]] = true;
    }

    function _isNumbered(bytes32 topic) private pure returns (bool) {
        bytes32[13] memory all = _numbered();
        for (uint256 i = 0; i < all.length; ++i) if (topic == all[i]) return true;
        return false;
    }

    function _isOfEscrow(bytes32 topic) private pure returns (bool) {
        bytes32[13] memory all = _numbered();
        for (uint256 i = 0; i < 5; ++i) if (topic == all[i]) return true;
        return false;
    }

    /// @dev Those of an escrow first.
    function _numbered() private pure returns (bytes32[13] memory) {
        return
            [
                IEscrow.Locked.selector,
                IEscrow.Committed.selector,
                IEscrow.Released.selector,
                IEscrow.Refunded.selector,
                IEscrow.Credited.selector,
                IEscrow.CreditClaimed.selector,
                IEscrow.TokenListed.selector,
                IEscrow.TokenAllowed.selector,
                IEscrow.TokenPaused.selector,
                IEscrow.LimitsChanged.selector,
                IEscrow.LimitsProposed.selector,
                IEscrow.LimitsProposalCancelled.selector,
                IEscrow.Rescued.selector
            ];
    }
}
