// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDepositAddresses} from "../../interfaces/IDepositAddresses.sol";
import {EscrowId, Status, Terms} from "../../interfaces/IEscrow.sol";
import {deployDepositAddresses} from "./Deployed.t.sol";
import {EscrowFixture} from "./EscrowFixture.t.sol";
import {vm} from "./Vm.t.sol";

/// @dev An escrow with deposit addresses, and what somebody brings to them.
abstract contract DepositFixture is EscrowFixture {
    uint256 internal constant AMOUNT = 100_250_000;

    IDepositAddresses internal addresses;

    function setUp() public virtual override {
        super.setUp();
        addresses = deployDepositAddresses(escrow);
    }

    /// @dev As an exchange pays out: tokens appear, and say nothing.
    function _bring(Terms memory terms, uint256 amount) internal returns (address account) {
        account = addresses.depositAddressOf(terms);
        vm.prank(admin);
        token.mint(account, amount);
    }

    /// @dev The terms that are locked from the address.
    function _held(Terms memory terms) internal view returns (Terms memory held) {
        held = abi.decode(abi.encode(terms), (Terms));
        held.payer = addresses.depositAddressOf(terms);
    }

    function _lockFrom(Terms memory terms) internal returns (EscrowId) {
        vm.prank(stranger);
        return addresses.lock(terms);
    }

    function _recover(Terms memory terms, address caller) internal returns (uint256) {
        vm.prank(caller);
        return addresses.recover(terms, terms.token);
    }

    function _expectNothingToRecover(Terms memory terms) internal {
        address account = addresses.depositAddressOf(terms);
        vm.expectRevert(abi.encodeWithSelector(IDepositAddresses.NothingToRecover.selector, account, terms.token));
    }

    function _assertLockedFrom(Terms memory terms, Status status) internal view {
        _assertStatus(_held(terms), status);
    }
}
