// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EscrowId, IEscrow, OnExpiry, Status, Terms} from "../interfaces/IEscrow.sol";
import {EscrowSignatures} from "./support/EscrowSignatures.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev Locks that the payer signs instead of approving first: ERC-3009, which anyone may send, and ERC-2612.
contract EscrowLockSignedTest is EscrowSignatures {
    uint256 private constant PAYER_KEY = 0xA11CE;
    uint256 private constant FOREVER = type(uint64).max;

    Terms private _held;
    Signature private _signed;

    function setUp() public override {
        super.setUp();
        _held = _terms();
        _held.payer = vm.addr(PAYER_KEY);
        vm.prank(admin);
        token.mint(_held.payer, _held.amount);
        _signed = _signAuthorization(PAYER_KEY, address(escrow), _held.amount, escrow.escrowIdOf(_held), FOREVER);
    }

    function testFuzz_AnyoneMaySendAnAuthorization(address sender) public {
        Terms memory terms = _held;
        _expectLog(address(escrow));
        emit IEscrow.Locked(
            escrow.escrowIdOf(terms),
            terms.ref,
            terms.token,
            terms.payer,
            terms.payee,
            terms.amount,
            terms.refundAfter,
            terms.hardDeadline,
            terms.onExpiry,
            2
        );
        vm.prank(sender);
        EscrowId id = _lockAuthorized(terms);
        vm.assertEq(EscrowId.unwrap(id), EscrowId.unwrap(escrow.escrowIdOf(terms)), "id");
        _assertStatus(terms, Status.Locked);
        _assertBalance(terms.payer, 0);
        _assertHeld(terms.amount, 0);
    }

    /// @dev The nonce is the id, which is the hash of the terms: whoever sends it can change none of them.
    function test_AnAuthorizationBindsEveryTerm() public {
        Terms memory terms = _held;
        terms.ref = "another transfer";
        _refusesAuthorized(terms);
        terms = _held;
        terms.payee = stranger;
        _refusesAuthorized(terms);
        terms = _held;
        --terms.amount;
        _refusesAuthorized(terms);
        terms = _held;
        ++terms.refundAfter;
        _refusesAuthorized(terms);
        terms = _held;
        ++terms.hardDeadline;
        _refusesAuthorized(terms);
        terms = _held;
        terms.onExpiry = OnExpiry.Release;
        _refusesAuthorized(terms);
        // Another payer: one who has the money, but has not signed.
        terms = _held;
        terms.payer = payer;
        _fund(terms);
        _refusesAuthorized(terms);
        // The control.
        _lockAuthorized(_held);
        _assertStatus(_held, Status.Locked);
    }

    function test_AnAuthorizationWorksOnce() public {
        Terms memory terms = _held;
        EscrowId id = _lockAuthorized(terms);
        vm.prank(admin);
        token.mint(terms.payer, terms.amount);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowExists.selector, id, Status.Locked));
        _lockAuthorized(terms);
        _refund(terms);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowExists.selector, id, Status.Refunded));
        _lockAuthorized(terms);
        _assertHeld(0, 0);
    }

    /// @dev With the tokens moved and no escrow to show for them, they would be a donation.
    function testFuzz_AnAuthorizationCannotBeUsedPastTheEscrow(address thief) public {
        vm.assume(thief != address(escrow));
        Terms memory terms = _held;
        Signature memory signed = _signed;
        bytes32 nonce = EscrowId.unwrap(escrow.escrowIdOf(terms));
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(escrow)));
        vm.prank(thief);
        token.receiveWithAuthorization(
            terms.payer,
            address(escrow),
            terms.amount,
            0,
            FOREVER,
            nonce,
            signed.v,
            signed.r,
            signed.s
        );
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
        vm.prank(thief);
        token.transferWithAuthorization(
            terms.payer,
            address(escrow),
            terms.amount,
            0,
            FOREVER,
            nonce,
            signed.v,
            signed.r,
            signed.s
        );
        _lockAuthorized(terms);
        _assertStatus(terms, Status.Locked);
    }

    function test_AnAuthorizationThatHasExpiredIsRefused() public {
        _signed = _signAuthorization(PAYER_KEY, address(escrow), _held.amount, escrow.escrowIdOf(_held), START);
        Signature memory signed = _signed;
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidAuthorizationTime.selector, 0, START));
        escrow.lockWithAuthorization(_held, 0, START, signed.v, signed.r, signed.s);
        _assertStatus(_held, Status.None);
    }

    function test_AnAuthorizationWithTheMirroredSignatureIsRefused() public {
        _signed = _mirrored(_signed);
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, _signed.s));
        _lockAuthorized(_held);
        _assertStatus(_held, Status.None);
    }

    function test_AnAuthorizedLockObeysPauseAndList() public {
        _pause();
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TokenIsPaused.selector, address(token)));
        _lockAuthorized(_held);
        vm.prank(admin);
        escrow.unpause(address(token));
        vm.prank(admin);
        escrow.setTokenAllowed(address(token), false);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TokenNotAllowed.selector, address(token)));
        _lockAuthorized(_held);
    }

    function test_APermitReplacesTheApproval() public {
        Terms memory terms = _held;
        _lockPermitted(terms, terms.payer, _signPermit(PAYER_KEY, address(escrow), terms.amount, FOREVER));
        _assertStatus(terms, Status.Locked);
        _assertHeld(terms.amount, 0);
        vm.assertEq(token.allowance(terms.payer, address(escrow)), 0, "allowance");
    }

    /// @dev Somebody has sent the permit to the token ahead of the lock: the allowance is there, and that is all the lock needs.
    function testFuzz_APermitThatWasSentAheadDoesNoHarm(address frontRunner) public {
        Terms memory terms = _held;
        Signature memory signed = _signPermit(PAYER_KEY, address(escrow), terms.amount, FOREVER);
        vm.prank(frontRunner);
        token.permit(terms.payer, address(escrow), terms.amount, FOREVER, signed.v, signed.r, signed.s);
        _lockPermitted(terms, terms.payer, signed);
        _assertStatus(terms, Status.Locked);
    }

    function test_APermitThatFailsLeavesNoAllowance() public {
        Terms memory terms = _held;
        Signature memory signed = _signPermit(PAYER_KEY, address(escrow), terms.amount - 1, FOREVER);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 0, terms.amount)
        );
        _lockPermitted(terms, terms.payer, signed);
        _assertStatus(terms, Status.None);
        _assertHeld(0, 0);
    }

    /// @dev A permit names no terms: whoever holds one could else lock the payer's tokens for himself as payee.
    function testFuzz_OnlyThePayerSendsAPermit(address thief) public {
        Terms memory terms = _held;
        vm.assume(thief != terms.payer && thief != address(0) && thief != address(escrow));
        terms.payee = thief;
        Signature memory signed = _signPermit(PAYER_KEY, address(escrow), terms.amount, FOREVER);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CallerNotPayer.selector, thief, terms.payer));
        _lockPermitted(terms, thief, signed);
        _assertStatus(terms, Status.None);
    }

    function _refusesAuthorized(Terms memory terms) private {
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
        _lockAuthorized(terms);
        _assertStatus(terms, Status.None);
        _assertHeld(0, 0);
    }

    function _lockAuthorized(Terms memory terms) private returns (EscrowId) {
        return escrow.lockWithAuthorization(terms, 0, FOREVER, _signed.v, _signed.r, _signed.s);
    }

    function _lockPermitted(Terms memory terms, address caller, Signature memory signed) private {
        vm.prank(caller);
        escrow.lockWithPermit(terms, FOREVER, signed.v, signed.r, signed.s);
    }
}
