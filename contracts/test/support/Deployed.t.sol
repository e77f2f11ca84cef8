// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IDepositAddresses} from "../../interfaces/IDepositAddresses.sol";
import {EscrowSetup, IEscrow} from "../../interfaces/IEscrow.sol";
import {ISettlementToken, SettlementSetup} from "../../interfaces/ISettlementToken.sol";
import {vm} from "./Vm.t.sol";

// The tests know the contracts by their interfaces and take their code from the artifacts that are deployed. So what is tested is what
// the production settings made, the tests themselves are compiled in a fast way (hardhat.config.ts), and a change of a contract
// compiles that contract only.

/// @dev All that can be called from outside.
interface DeployedEscrow is IEscrow, IAccessControlDefaultAdminRules, IERC5267, IERC165 {
    function DEFAULT_ADMIN_ROLE() external view returns (bytes32);
    function OPERATOR_ROLE() external view returns (bytes32);
    function GUARDIAN_ROLE() external view returns (bytes32);
    function LIMITER_ROLE() external view returns (bytes32);
    function ATTESTER_ROLE() external view returns (bytes32);
    function nonces(address owner) external view returns (uint256);
}

/// @dev All that can be called from outside.
interface DeployedSettlementToken is ISettlementToken, IAccessControlDefaultAdminRules, IERC20Permit, IERC3009, IERC5267 {
    function DEFAULT_ADMIN_ROLE() external view returns (bytes32);
    function ESCROW_ROLE() external view returns (bytes32);
    function LIMITER_ROLE() external view returns (bytes32);
    function PAUSER_ROLE() external view returns (bytes32);
    function decimals() external view returns (uint8);
}

function deployEscrow(EscrowSetup memory setup) returns (DeployedEscrow) {
    return DeployedEscrow(_create(bytes.concat(vm.getCode("Escrow.sol:Escrow"), abi.encode(setup))));
}

function deploySettlementToken(SettlementSetup memory setup) returns (DeployedSettlementToken) {
    return DeployedSettlementToken(_create(bytes.concat(vm.getCode("SettlementToken.sol:SettlementToken"), abi.encode(setup))));
}

function deployDepositAddresses(IEscrow escrow) returns (IDepositAddresses) {
    bytes memory code = vm.getCode("DepositAddresses.sol:DepositAddresses");
    return IDepositAddresses(_create(bytes.concat(code, abi.encode(escrow))));
}

function _create(bytes memory code) returns (address created) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        created := create(0, add(code, 0x20), mload(code))
        if iszero(created) {
            let reason := mload(0x40)
            returndatacopy(reason, 0, returndatasize())
            revert(reason, returndatasize())
        }
    }
}
