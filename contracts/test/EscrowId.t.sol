// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId, OnExpiry, Terms} from "../interfaces/IEscrow.sol";
import {DeployedEscrow} from "./support/Deployed.t.sol";
import {EscrowFixture} from "./support/EscrowFixture.t.sol";
import {vm} from "./support/Vm.t.sol";

contract EscrowIdTest is EscrowFixture {
    /// @dev Spelled out from the EIP and from the published domain, without the contract's own helpers.
    function testFuzz_IsTheEip712HashUnderThePublishedDomain(
        bytes32 ref,
        address[3] memory accounts,
        uint256 amount,
        uint64 refundAfter,
        uint64 hardDeadline,
        bool release
    ) public view {
        OnExpiry onExpiry = release ? OnExpiry.Release : OnExpiry.Refund;
        bytes32 structHash = keccak256(
            bytes.concat(
                keccak256(
                    "Terms(bytes32 ref,address token,address payer,address payee,uint256 amount,"
                    "uint64 refundAfter,uint64 hardDeadline,uint8 onExpiry)"
                ),
                abi.encode(ref, accounts[0], accounts[1], accounts[2], amount, refundAfter, hardDeadline, release ? 1 : 0)
            )
        );
        Terms memory terms = Terms(ref, accounts[0], accounts[1], accounts[2], amount, refundAfter, hardDeadline, onExpiry);
        vm.assertEq(_id(terms), keccak256(abi.encodePacked(hex"1901", _domain(), structHash)), "id");
    }

    function test_PublishesItsDomain() public view {
        (bytes1 fields, string memory name, string memory version, uint256 chainId, address verifier, , ) = escrow.eip712Domain();
        vm.assertEq(bytes32(fields), bytes32(bytes1(0x0f)), "fields");
        vm.assertEq(name, "Causeway Escrow", "name");
        vm.assertEq(version, "1", "version");
        vm.assertEq(chainId, block.chainid, "chain");
        vm.assertEq(verifier, address(escrow), "contract");
    }

    function test_DependsOnEveryTerm() public view {
        bytes32 id = _id(_terms());
        vm.assertEq(_id(_terms()), id, "equal terms");
        Terms memory terms = _terms();
        terms.ref = keccak256("another");
        vm.assertNotEq(_id(terms), id, "ref");
        terms = _terms();
        terms.token = stranger;
        vm.assertNotEq(_id(terms), id, "token");
        terms = _terms();
        terms.payer = stranger;
        vm.assertNotEq(_id(terms), id, "payer");
        terms = _terms();
        terms.payee = stranger;
        vm.assertNotEq(_id(terms), id, "payee");
        terms = _terms();
        ++terms.amount;
        vm.assertNotEq(_id(terms), id, "amount");
        terms = _terms();
        ++terms.refundAfter;
        vm.assertNotEq(_id(terms), id, "refundAfter");
        terms = _terms();
        ++terms.hardDeadline;
        vm.assertNotEq(_id(terms), id, "hardDeadline");
        terms = _terms();
        terms.onExpiry = OnExpiry.Release;
        vm.assertNotEq(_id(terms), id, "onExpiry");
    }

    function test_DependsOnContractAndChain() public {
        Terms memory terms = _terms();
        bytes32 id = _id(terms);
        DeployedEscrow twin = _deploy(address(token));
        vm.assertNotEq(EscrowId.unwrap(twin.escrowIdOf(terms)), id, "contract");
        vm.chainId(block.chainid + 1);
        vm.assertNotEq(_id(terms), id, "chain");
    }

    function _id(Terms memory terms) private view returns (bytes32) {
        return EscrowId.unwrap(escrow.escrowIdOf(terms));
    }

    function _domain() private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    keccak256("Causeway Escrow"),
                    keccak256("1"),
                    block.chainid,
                    address(escrow)
                )
            );
    }
}
