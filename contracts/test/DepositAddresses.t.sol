// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DepositAddress} from "../DepositAddress.sol";
import {Holding, IDepositAddresses} from "../interfaces/IDepositAddresses.sol";
import {EscrowId, IEscrow, OnExpiry, Status, Terms} from "../interfaces/IEscrow.sol";
import {DepositFixture} from "./support/DepositFixture.t.sol";
import {deployDepositAddresses} from "./support/Deployed.t.sol";
import {vm} from "./support/Vm.t.sol";

contract DepositAddressesTest is DepositFixture {
    function testFuzz_AnyoneLocksWhatWasBroughtAndTheAddressIsThePayer(address caller, uint256 more) public {
        Terms memory terms = _terms();
        more = _bound(more, 0, type(uint128).max);
        address account = _bring(terms, AMOUNT + more);
        EscrowId id = escrow.escrowIdOf(_held(terms));
        _expectLog(address(escrow));
        emit IEscrow.Locked(
            id,
            terms.ref,
            terms.token,
            account,
            terms.payee,
            AMOUNT,
            terms.refundAfter,
            terms.hardDeadline,
            terms.onExpiry,
            2
        );
        vm.prank(caller);
        EscrowId locked = addresses.lock(terms);
        vm.assertEq(EscrowId.unwrap(locked), EscrowId.unwrap(id), "id");
        _assertHeld(AMOUNT, 0);
        _assertBalance(account, more);
        vm.assertEq(token.allowance(account, address(escrow)), 0, "allowance");
    }

    function testFuzz_TheAddressFollowsFromEveryBitOfTheTerms(uint8 field, uint256 bit) public view {
        Terms memory terms = _terms();
        address account = addresses.depositAddressOf(terms);
        bytes memory data = abi.encode(terms);
        // Eight fields of a word each; the bits that fit into what the field can be.
        uint256[8] memory widths = [uint256(256), 160, 160, 160, 256, 64, 64, 1];
        uint256 word = field % 8;
        bit = bit % widths[word];
        data[word * 32 + 31 - bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        vm.assertNotEq(_word(addresses.depositAddressOf(abi.decode(data, (Terms)))), _word(account), "address");
    }

    function test_TheAddressIsAnotherForAnotherEscrowAndAnotherFactory() public {
        Terms memory terms = _terms();
        address account = addresses.depositAddressOf(terms);
        IDepositAddresses others = deployDepositAddresses(_deploy(address(token)));
        vm.assertNotEq(_word(others.depositAddressOf(terms)), _word(account), "other escrow");
        vm.assertNotEq(_word(deployDepositAddresses(escrow).depositAddressOf(terms)), _word(account), "other factory");
        vm.assertEq(addresses.escrow(), address(escrow), "escrow");
    }

    function testFuzz_LocksNothingOfLess(uint256 less) public {
        Terms memory terms = _terms();
        less = _bound(less, 0, AMOUNT - 1);
        address account = _bring(terms, less);
        vm.expectRevert(abi.encodeWithSelector(IDepositAddresses.NotEnough.selector, account, AMOUNT, less));
        _lockFrom(terms);
        // The rest comes from somewhere else.
        _bring(terms, AMOUNT - less);
        _lockFrom(terms);
        _assertLockedFrom(terms, Status.Locked);
    }

    function test_LocksOnce() public {
        Terms memory terms = _terms();
        _bring(terms, 2 * AMOUNT);
        EscrowId id = _lockFrom(terms);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowExists.selector, id, Status.Locked));
        _lockFrom(terms);
        _refund(_held(terms));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowExists.selector, id, Status.Refunded));
        _lockFrom(terms);
    }

    function test_TheEscrowsOwnRefusalsHold() public {
        Terms memory terms = _terms();
        _bring(terms, AMOUNT);
        _pause();
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TokenIsPaused.selector, address(token)));
        _lockFrom(terms);
        vm.prank(admin);
        escrow.unpause(address(token));
        vm.warp(REFUND_AFTER);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RefundAfterPassed.selector, REFUND_AFTER, REFUND_AFTER));
        _lockFrom(terms);
    }

    function test_NothingThatCouldNotGoBackHasAnAddress() public {
        Terms memory terms = _terms();
        terms.payer = address(0);
        bytes memory refusal = abi.encodeWithSelector(IDepositAddresses.ZeroRefundAddress.selector);
        vm.expectRevert(refusal);
        addresses.depositAddressOf(terms);
        vm.expectRevert(refusal);
        addresses.lock(terms);
        vm.expectRevert(refusal);
        addresses.recover(terms, address(token));
    }

    /// @dev The code of an address obeys the contract that made it; and so does the original, which is nobody's address.
    function testFuzz_NobodySpeaksToAnAddressItself(address caller) public {
        vm.assume(caller != address(addresses));
        Terms memory terms = _terms();
        address account = _bring(terms, 2 * AMOUNT);
        _lockFrom(terms);
        address original = _original(account);
        Terms memory held = _held(terms);
        for (uint256 i = 0; i < 2; ++i) {
            DepositAddress at = DepositAddress(i == 0 ? account : original);
            bytes memory refusal = abi.encodeWithSelector(DepositAddress.CallerNotDepositAddresses.selector, caller);
            vm.expectRevert(refusal);
            vm.prank(caller);
            at.pay(address(token), caller, 1);
            vm.expectRevert(refusal);
            vm.prank(caller);
            at.lock(held);
        }
    }

    function test_LooksAtManyAtOnce() public {
        Terms[] memory deposits = new Terms[](3);
        for (uint256 i = 0; i < deposits.length; ++i) deposits[i] = _termsFor(bytes32(i + 1));
        deposits[1].onExpiry = OnExpiry.Release;
        _bring(deposits[0], 7);
        _bring(deposits[1], AMOUNT + 1);
        _lockFrom(deposits[1]);
        vm.deal(addresses.depositAddressOf(deposits[2]), 1 ether);
        address[] memory tokens = new address[](2);
        tokens[0] = address(token);
        Holding[] memory holdings = addresses.look(deposits, tokens);
        uint256[2][3] memory expected = [[uint256(7), 0], [uint256(1), 0], [uint256(0), 1 ether]];
        for (uint256 i = 0; i < deposits.length; ++i) {
            vm.assertEq(holdings[i].account, addresses.depositAddressOf(deposits[i]), "account");
            vm.assertEq(uint256(holdings[i].status), uint256(i == 1 ? Status.Locked : Status.None), "status");
            for (uint256 t = 0; t < 2; ++t) vm.assertEq(holdings[i].balances[t], expected[i][t], "balance");
        }
    }

    /// @dev Where a clone delegates to: an ERC-1167 proxy has it in its bytes 10 to 29.
    function _original(address account) private view returns (address) {
        bytes memory code = account.code;
        bytes32 word;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            word := mload(add(code, 0x2a))
        }
        return address(bytes20(word));
    }

    function _word(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}
