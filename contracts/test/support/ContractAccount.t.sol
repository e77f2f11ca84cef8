// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @dev A wallet that is a contract: it has signed what its keyholder has signed.
contract ContractAccount is IERC1271 {
    address private immutable _keyholder;

    constructor(address keyholder) {
        _keyholder = keyholder;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        (address signer, , ) = ECDSA.tryRecover(digest, signature);
        return signer == _keyholder ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
