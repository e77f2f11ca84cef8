// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow, Terms} from "../interfaces/IEscrow.sol";
import {TestDollar} from "./TestDollar.sol";
import {DeployedEscrow} from "./support/Deployed.t.sol";
import {ContractAccount} from "./support/ContractAccount.t.sol";
import {EscrowSignatures} from "./support/EscrowSignatures.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev A credit whose owner stays denied: he takes it elsewhere, at his own call or by his signature, which anyone may send.
contract EscrowRedirectTest is EscrowSignatures {
    uint256 private constant OWNER_KEY = 0xB0B;
    uint256 private constant OTHER_KEY = 0xE71;
    uint64 private constant DEADLINE = START + 1 days;

    address private immutable haven = _account("haven");
    address private immutable owner = vm.addr(OWNER_KEY);
    uint256 private amount;

    function setUp() public override {
        super.setUp();
        amount = _creditTo(owner, "first");
    }

    function test_TheOwnerDirectsItByACall() public {
        _expectLog(address(escrow));
        emit IEscrow.CreditClaimed(address(token), owner, haven, amount, 5);
        vm.prank(owner);
        // Neither deadline nor signature count then.
        escrow.claimTo(address(token), owner, haven, 0, "");
        _assertRedirected(0);
    }

    function testFuzz_AnyoneMaySendHisSignature(address caller, uint64 time) public {
        vm.assume(caller != owner);
        vm.warp(_bound(time, START, DEADLINE));
        _expectLog(address(escrow));
        emit IEscrow.CreditClaimed(address(token), owner, haven, amount, 5);
        vm.prank(caller);
        escrow.claimTo(address(token), owner, haven, DEADLINE, _signRedirect(OWNER_KEY, owner, haven, 0, DEADLINE));
        _assertRedirected(1);
    }

    function test_AWalletThatIsAContractAnswersForItsKeyholder() public {
        address wallet = address(new ContractAccount(owner));
        uint256 credit = _creditTo(wallet, "to a wallet");
        _refuses(wallet, haven, DEADLINE, _signRedirect(OTHER_KEY, wallet, haven, 0, DEADLINE));
        escrow.claimTo(address(token), wallet, haven, DEADLINE, _signRedirect(OWNER_KEY, wallet, haven, 0, DEADLINE));
        _assertBalance(haven, credit);
        vm.assertEq(escrow.nonces(wallet), 1, "nonce");
    }

    function test_ASignatureWorksOnce() public {
        bytes memory signature = _signRedirect(OWNER_KEY, owner, haven, 0, DEADLINE);
        escrow.claimTo(address(token), owner, haven, DEADLINE, signature);
        _creditTo(owner, "second");
        _refuses(owner, haven, DEADLINE, signature);
        escrow.claimTo(address(token), owner, haven, DEADLINE, _signRedirect(OWNER_KEY, owner, haven, 1, DEADLINE));
        _assertBalance(haven, 2 * amount);
    }

    function test_ASignatureIsGoodUntilItsDeadline() public {
        bytes memory signature = _signRedirect(OWNER_KEY, owner, haven, 0, DEADLINE);
        vm.warp(DEADLINE + 1);
        _refuses(owner, haven, DEADLINE, signature);
        vm.warp(DEADLINE);
        escrow.claimTo(address(token), owner, haven, DEADLINE, signature);
        _assertRedirected(1);
    }

    function test_ASignatureBindsAllOfIt() public {
        bytes memory signature = _signRedirect(OWNER_KEY, owner, haven, 0, DEADLINE);
        _refuses(owner, stranger, DEADLINE, signature);
        _refuses(owner, haven, DEADLINE + 1, signature);
        _refuses(owner, haven, DEADLINE, _signRedirect(OWNER_KEY, owner, haven, 1, DEADLINE));
        _refuses(owner, haven, DEADLINE, _signRedirect(OTHER_KEY, owner, haven, 0, DEADLINE));
        _refuses(owner, haven, DEADLINE, _signRedirect(OWNER_KEY, payee, haven, 0, DEADLINE));
        _refuses(owner, haven, DEADLINE, "");
        _refuses(owner, haven, DEADLINE, new bytes(65));
    }

    function test_ASignatureIsForOneTokenAndOneEscrow() public {
        DeployedEscrow here = escrow;
        escrow = _deploy(address(token));
        bytes memory signature = _signRedirect(OWNER_KEY, owner, haven, 0, DEADLINE);
        escrow = here;
        _refuses(owner, haven, DEADLINE, signature);
        TestDollar listed = token;
        token = new TestDollar(admin);
        signature = _signRedirect(OWNER_KEY, owner, haven, 0, DEADLINE);
        token = listed;
        _refuses(owner, haven, DEADLINE, signature);
    }

    function test_TheMirroredSignatureIsRefused() public {
        bytes memory signature = _signRedirect(OWNER_KEY, owner, haven, 0, DEADLINE);
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        Signature memory mirrored = _mirrored(Signature(uint8(signature[64]), r, s));
        _refuses(owner, haven, DEADLINE, _packed(mirrored));
        escrow.claimTo(address(token), owner, haven, DEADLINE, signature);
        _assertRedirected(1);
    }

    /// @dev A refusal uses nothing up: neither the credit nor the nonce.
    function test_ARedirectToADeniedAccountCanBeSentAgain() public {
        bytes memory signature = _signRedirect(OWNER_KEY, owner, haven, 0, DEADLINE);
        _setDenied(haven, true);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.DeniedAccount.selector, haven));
        escrow.claimTo(address(token), owner, haven, DEADLINE, signature);
        _setDenied(haven, false);
        escrow.claimTo(address(token), owner, haven, DEADLINE, signature);
        _assertRedirected(1);
    }

    function test_ItGoesNeitherNowhereNorBackHere() public {
        address[2] memory invalid = [address(0), address(escrow)];
        for (uint256 i = 0; i < invalid.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IEscrow.RecipientInvalid.selector, invalid[i]));
            vm.prank(owner);
            escrow.claimTo(address(token), owner, invalid[i], 0, "");
        }
        vm.assertEq(escrow.creditOf(address(token), owner), amount, "credit");
    }

    function test_ThereIsNothingToRedirectWithoutACredit() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoCredit.selector, address(token), stranger));
        vm.prank(stranger);
        escrow.claimTo(address(token), stranger, haven, 0, "");
    }

    function _refuses(address credited, address to, uint256 deadline, bytes memory signature) private {
        uint256 nonce = escrow.nonces(credited);
        uint256 credit = escrow.creditOf(address(token), credited);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RedirectInvalid.selector, credited));
        escrow.claimTo(address(token), credited, to, deadline, signature);
        vm.assertEq(escrow.nonces(credited), nonce, "nonce");
        vm.assertEq(escrow.creditOf(address(token), credited), credit, "credit");
    }

    /// @dev The owner stays denied, so that only a redirect can pay him.
    function _creditTo(address to, bytes32 ref) private returns (uint256) {
        Terms memory terms = _termsFor(ref);
        terms.payee = to;
        _lock(terms);
        _setDenied(to, true);
        _release(terms);
        return terms.amount;
    }

    function _assertRedirected(uint256 nonce) private view {
        _assertBalance(haven, amount);
        _assertBalance(owner, 0);
        vm.assertEq(escrow.creditOf(address(token), owner), 0, "credit");
        vm.assertEq(escrow.nonces(owner), nonce, "nonce");
        _assertHeld(0, 0);
    }
}
