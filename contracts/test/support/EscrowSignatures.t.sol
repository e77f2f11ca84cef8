// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {Attestation, EscrowId} from "../../interfaces/IEscrow.sol";
import {EscrowFixture} from "./EscrowFixture.t.sol";
import {vm} from "./Vm.t.sol";

/// @dev Everything that someone signs for the escrow, spelled out from the published types. The domain is read from the chain (EIP-5267),
/// as a wallet would.
abstract contract EscrowSignatures is EscrowFixture {
    /// @dev Curve order of secp256k1: `s` and `order - s` sign the same.
    uint256 internal constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    struct Signature {
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    function _signAuthorization(
        uint256 key,
        address to,
        uint256 value,
        EscrowId nonce,
        uint256 validBefore
    ) internal view returns (Signature memory) {
        bytes32 typehash = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        return _sign(key, address(token), keccak256(abi.encode(typehash, vm.addr(key), to, value, 0, validBefore, nonce)));
    }

    function _signPermit(uint256 key, address spender, uint256 value, uint256 deadline) internal view returns (Signature memory) {
        bytes32 typehash = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        address owner = vm.addr(key);
        uint256 nonce = IERC20Permit(address(token)).nonces(owner);
        return _sign(key, address(token), keccak256(abi.encode(typehash, owner, spender, value, nonce, deadline)));
    }

    function _attest(uint256 key, EscrowId id, uint64 validUntil) internal view returns (Attestation memory) {
        return Attestation(vm.addr(key), validUntil, _signAttestation(key, address(escrow), id, validUntil));
    }

    function _signAttestation(
        uint256 key,
        address verifier,
        EscrowId id,
        uint64 validUntil
    ) internal view returns (bytes memory) {
        bytes32 typehash = keccak256("ReleaseAttestation(bytes32 escrowId,uint64 validUntil)");
        return _packed(_sign(key, verifier, keccak256(abi.encode(typehash, id, validUntil))));
    }

    function _signRedirect(
        uint256 key,
        address owner,
        address to,
        uint256 nonce,
        uint256 deadline
    ) internal view returns (bytes memory) {
        bytes32 typehash = keccak256("Redirect(address token,address owner,address to,uint256 nonce,uint256 deadline)");
        return _packed(_sign(key, address(escrow), keccak256(abi.encode(typehash, token, owner, to, nonce, deadline))));
    }

    function _packed(Signature memory signature) internal pure returns (bytes memory) {
        return abi.encodePacked(signature.r, signature.s, signature.v);
    }

    /// @dev The other signature that the curve accepts for the same digest.
    function _mirrored(Signature memory signature) internal pure returns (Signature memory) {
        return Signature(signature.v == 27 ? 28 : 27, signature.r, bytes32(CURVE_ORDER - uint256(signature.s)));
    }

    function _sign(uint256 key, address verifier, bytes32 structHash) internal view returns (Signature memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", _domainOf(verifier), structHash)));
        return Signature(v, r, s);
    }

    function _domainOf(address verifier) private view returns (bytes32) {
        (, string memory name, string memory version, uint256 chainId, address contract_, , ) = IERC5267(verifier).eip712Domain();
        return
            keccak256(
                abi.encode(
                    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    keccak256(bytes(name)),
                    keccak256(bytes(version)),
                    chainId,
                    contract_
                )
            );
    }
}
