// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RefillBucket} from "../libraries/RefillBucket.sol";
import {Attestation, EscrowId, EscrowSetup, IEscrow, Limits, Status, Terms} from "../interfaces/IEscrow.sol";
import {ContractAccount} from "./support/ContractAccount.t.sol";
import {DeployedEscrow, deployEscrow} from "./support/Deployed.t.sol";
import {EscrowSignatures} from "./support/EscrowSignatures.t.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev Large releases need more keys than the operator's: two of three here.
contract EscrowAttestedTest is EscrowSignatures {
    uint256 private constant THRESHOLD = 100e6;
    uint64 private constant VALID_UNTIL = START + 10 minutes;
    uint256 private constant OUTSIDER_KEY = 0xBAD;

    /// @dev In ascending order of their addresses.
    uint256[3] private keys = [uint256(1), 2, 3];

    function setUp() public override {
        super.setUp();
        escrow = _deploy(address(token), _limits(2));
        if (vm.addr(keys[0]) > vm.addr(keys[1])) (keys[0], keys[1]) = (keys[1], keys[0]);
        if (vm.addr(keys[1]) > vm.addr(keys[2])) (keys[1], keys[2]) = (keys[2], keys[1]);
        if (vm.addr(keys[0]) > vm.addr(keys[1])) (keys[0], keys[1]) = (keys[1], keys[0]);
        bytes32 role = escrow.ATTESTER_ROLE();
        for (uint256 i = 0; i < keys.length; ++i) _grant(role, vm.addr(keys[i]));
    }

    function test_TheThresholdIsTheLastAmountThatNeedsNone() public {
        Terms memory terms = _locked(THRESHOLD);
        _release(terms);
        _assertStatus(terms, Status.Released);
        terms = _locked(THRESHOLD + 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.AttestationsRequired.selector, escrow.escrowIdOf(terms), THRESHOLD));
        _release(terms);
        _assertStatus(terms, Status.Locked);
    }

    function test_AnyTwoOfTheThreeRelease() public {
        uint256[2][3] memory pairs = [[keys[0], keys[1]], [keys[0], keys[2]], [keys[1], keys[2]]];
        for (uint256 i = 0; i < pairs.length; ++i) {
            Terms memory terms = _locked(1_000e6 + i);
            EscrowId id = escrow.escrowIdOf(terms);
            _expectLog(address(escrow));
            emit IEscrow.Released(id, terms.ref, terms.token, terms.payee, terms.amount, uint40(3 + 2 * i));
            _releaseAttested(terms, _two(_attest(pairs[i][0], id, VALID_UNTIL), _attest(pairs[i][1], id, VALID_UNTIL)));
            _assertStatus(terms, Status.Released);
        }
        _assertHeld(0, 0);
    }

    function test_MoreThanTheQuorumIsWelcomeIfEachIsGood() public {
        Terms memory terms = _locked(1_000e6);
        EscrowId id = escrow.escrowIdOf(terms);
        Attestation[] memory all = new Attestation[](3);
        for (uint256 i = 0; i < 3; ++i) all[i] = _attest(keys[i], id, VALID_UNTIL);
        Attestation memory good = all[2];
        all[2] = Attestation(good.attester, good.validUntil, all[1].signature);
        _refuses(terms, all, abi.encodeWithSelector(IEscrow.AttestationInvalid.selector, good.attester));
        all[2] = good;
        _releaseAttested(terms, all);
        _assertStatus(terms, Status.Released);
    }

    function test_FewerThanTheQuorumDoNotRelease() public {
        Terms memory terms = _locked(1_000e6);
        Attestation[] memory given = new Attestation[](0);
        _refuses(terms, given, abi.encodeWithSelector(IEscrow.TooFewAttestations.selector, 0, 2));
        given = new Attestation[](1);
        given[0] = _attest(keys[0], escrow.escrowIdOf(terms), VALID_UNTIL);
        _refuses(terms, given, abi.encodeWithSelector(IEscrow.TooFewAttestations.selector, 1, 2));
    }

    /// @dev The same attester twice would be a quorum of one.
    function test_AttestersAscendAndSoAppearOnce() public {
        Terms memory terms = _locked(1_000e6);
        EscrowId id = escrow.escrowIdOf(terms);
        (address low, address high) = (vm.addr(keys[0]), vm.addr(keys[1]));
        Attestation memory first = _attest(keys[0], id, VALID_UNTIL);
        Attestation memory second = _attest(keys[1], id, VALID_UNTIL);
        bytes4 selector = IEscrow.AttestersNotAscending.selector;
        _refuses(terms, _two(first, first), abi.encodeWithSelector(selector, low, low));
        _refuses(terms, _two(first, _attest(keys[0], id, VALID_UNTIL + 1)), abi.encodeWithSelector(selector, low, low));
        _refuses(terms, _two(second, first), abi.encodeWithSelector(selector, high, low));
        Attestation memory none = Attestation(address(0), VALID_UNTIL, first.signature);
        _refuses(terms, _two(none, first), abi.encodeWithSelector(selector, address(0), address(0)));
        _releaseAttested(terms, _two(first, second));
    }

    function test_AttestationsAreGoodUntilTheirLastSecond() public {
        Terms memory terms = _locked(1_000e6);
        EscrowId id = escrow.escrowIdOf(terms);
        Attestation[] memory given = _two(_attest(keys[0], id, VALID_UNTIL), _attest(keys[1], id, VALID_UNTIL + 1));
        vm.warp(VALID_UNTIL + 1);
        _refuses(terms, given, abi.encodeWithSelector(IEscrow.AttestationInvalid.selector, given[0].attester));
        vm.warp(VALID_UNTIL);
        _releaseAttested(terms, given);
    }

    function test_OnlyHoldersOfTheRoleAttest() public {
        Terms memory terms = _locked(1_000e6);
        EscrowId id = escrow.escrowIdOf(terms);
        bytes32 role = escrow.ATTESTER_ROLE();
        address second = vm.addr(keys[1]);
        Attestation[] memory given = _two(_attest(keys[0], id, VALID_UNTIL), _attest(keys[1], id, VALID_UNTIL));
        vm.prank(admin);
        escrow.revokeRole(role, second);
        _refuses(terms, given, abi.encodeWithSelector(IEscrow.AttestationInvalid.selector, second));
        _grant(role, second);
        _releaseAttested(terms, given);
    }

    function test_ASignatureBindsEscrowTimeAndContract() public {
        Terms memory terms = _locked(1_000e6);
        EscrowId id = escrow.escrowIdOf(terms);
        EscrowId otherId = escrow.escrowIdOf(_locked(1_000e6 + 1));
        Attestation memory first = _attest(keys[0], id, VALID_UNTIL);
        address second = vm.addr(keys[1]);
        address twin = address(_deploy(address(token), _limits(2)));
        bytes[6] memory signatures = [
            _signAttestation(keys[1], address(escrow), otherId, VALID_UNTIL),
            _signAttestation(keys[1], address(escrow), id, VALID_UNTIL + 1),
            _signAttestation(keys[1], twin, id, VALID_UNTIL),
            _signAttestation(keys[2], address(escrow), id, VALID_UNTIL),
            _signAttestation(OUTSIDER_KEY, address(escrow), id, VALID_UNTIL),
            bytes("")
        ];
        bytes memory refusal = abi.encodeWithSelector(IEscrow.AttestationInvalid.selector, second);
        for (uint256 i = 0; i < signatures.length; ++i)
            _refuses(terms, _two(first, Attestation(second, VALID_UNTIL, signatures[i])), refusal);
        _releaseAttested(terms, _two(first, _attest(keys[1], id, VALID_UNTIL)));
    }

    function test_AContractAttestsByItsKeyholder() public {
        address attester = address(new ContractAccount(vm.addr(OUTSIDER_KEY)));
        _grant(escrow.ATTESTER_ROLE(), attester);
        Terms memory terms = _locked(1_000e6);
        EscrowId id = escrow.escrowIdOf(terms);
        Attestation memory byContract = Attestation(
            attester,
            VALID_UNTIL,
            _signAttestation(keys[2], address(escrow), id, VALID_UNTIL)
        );
        Attestation memory byKey = _attest(keys[0], id, VALID_UNTIL);
        bool ascending = byKey.attester < attester;
        Attestation[] memory given = ascending ? _two(byKey, byContract) : _two(byContract, byKey);
        _refuses(terms, given, abi.encodeWithSelector(IEscrow.AttestationInvalid.selector, attester));
        byContract.signature = _signAttestation(OUTSIDER_KEY, address(escrow), id, VALID_UNTIL);
        _releaseAttested(terms, given);
        _assertStatus(terms, Status.Released);
    }

    function test_AQuorumOfZeroIsNeverReached() public {
        escrow = _deploy(address(token), _limits(0));
        bytes32 role = escrow.ATTESTER_ROLE();
        for (uint256 i = 0; i < keys.length; ++i) _grant(role, vm.addr(keys[i]));
        Terms memory terms = _locked(1_000e6);
        EscrowId id = escrow.escrowIdOf(terms);
        Attestation[] memory given = _two(_attest(keys[0], id, VALID_UNTIL), _attest(keys[1], id, VALID_UNTIL));
        _refuses(terms, given, abi.encodeWithSelector(IEscrow.TooFewAttestations.selector, 2, 0));
        _refuses(terms, new Attestation[](0), abi.encodeWithSelector(IEscrow.TooFewAttestations.selector, 0, 0));
        _refund(terms);
    }

    /// @dev The word of attesters replaces the threshold, nothing else.
    function test_AnAttestedReleaseObeysAllElse() public {
        Terms memory terms = _locked(1_000e6);
        EscrowId id = escrow.escrowIdOf(terms);
        Attestation[] memory given = _two(_attest(keys[0], id, VALID_UNTIL), _attest(keys[1], id, VALID_UNTIL));
        bytes32 role = escrow.OPERATOR_ROLE();
        address attester = vm.addr(keys[0]);
        _expectRoleRefusal(attester, role);
        vm.prank(attester);
        escrow.releaseAttested(terms, given);
        _pause();
        _refuses(terms, given, abi.encodeWithSelector(IEscrow.TokenIsPaused.selector, address(token)));
        vm.prank(admin);
        escrow.unpause(address(token));
        vm.prank(limiter);
        escrow.lowerLimits(address(token), Limits(999e6, 999e6, THRESHOLD, 2));
        _refuses(terms, given, abi.encodeWithSelector(RefillBucket.BucketTooLow.selector, terms.amount, 999e6));
        _refund(terms);
        bytes memory closed = abi.encodeWithSelector(IEscrow.EscrowNotOpen.selector, id, Status.Refunded);
        _refuses(terms, given, closed);
    }

    function test_AnAttestedReleaseWorksAfterACommitAndTakesFromTheBucket() public {
        Terms memory terms = _locked(1_000e6);
        EscrowId id = escrow.escrowIdOf(terms);
        _commit(terms);
        uint256 available = escrow.tokenState(address(token)).available;
        _releaseAttested(terms, _two(_attest(keys[0], id, VALID_UNTIL), _attest(keys[1], id, VALID_UNTIL)));
        vm.assertLe(escrow.tokenState(address(token)).available, available - terms.amount, "available");
    }

    function test_OneAccountIsNeverOperatorAndAttester() public {
        (bytes32 operators, bytes32 attesters) = (escrow.OPERATOR_ROLE(), escrow.ATTESTER_ROLE());
        address attester = vm.addr(keys[0]);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.OperatorCannotAttest.selector, attester));
        _grant(operators, attester);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.OperatorCannotAttest.selector, operator));
        _grant(attesters, operator);
        // One after the other he may be.
        vm.prank(admin);
        escrow.revokeRole(attesters, attester);
        _grant(operators, attester);
        vm.assertTrue(escrow.hasRole(operators, attester), "operator");
    }

    /// @dev The two that exclude each other are the only ones that do.
    function test_AnAttesterMayHaveAnyOtherRole() public {
        address attester = vm.addr(keys[0]);
        bytes32[3] memory roles = [escrow.GUARDIAN_ROLE(), escrow.LIMITER_ROLE(), escrow.ATTESTER_ROLE()];
        for (uint256 i = 0; i < roles.length; ++i) {
            _grant(roles[i], attester);
            vm.assertTrue(escrow.hasRole(roles[i], attester), "role");
        }
    }

    function test_NorFromTheStart() public {
        EscrowSetup memory setup;
        setup.admin = admin;
        setup.operators = _only(operator);
        setup.attesters = _only(operator);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.OperatorCannotAttest.selector, operator));
        deployEscrow(setup);
        setup.attesters = _only(stranger);
        DeployedEscrow apart = deployEscrow(setup);
        vm.assertTrue(apart.hasRole(apart.ATTESTER_ROLE(), stranger), "attester");
    }

    function _limits(uint8 quorum) private pure returns (Limits memory) {
        return Limits({capacity: 1e36, refillPerDay: 1e36, attestationThreshold: THRESHOLD, attestationQuorum: quorum});
    }

    function _locked(uint256 amount) private returns (Terms memory terms) {
        terms = _termsFor(bytes32(amount));
        terms.amount = amount;
        _lock(terms);
    }

    function _refuses(Terms memory terms, Attestation[] memory given, bytes memory refusal) private {
        Status status = escrow.statusOf(escrow.escrowIdOf(terms));
        vm.expectRevert(refusal);
        _releaseAttested(terms, given);
        _assertStatus(terms, status);
    }

    function _releaseAttested(Terms memory terms, Attestation[] memory given) private {
        vm.prank(operator);
        escrow.releaseAttested(terms, given);
    }

    function _grant(bytes32 role, address account) private {
        vm.prank(admin);
        escrow.grantRole(role, account);
    }

    function _two(Attestation memory first, Attestation memory second) private pure returns (Attestation[] memory given) {
        given = new Attestation[](2);
        (given[0], given[1]) = (first, second);
    }
}
