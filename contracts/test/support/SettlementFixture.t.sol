// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OnExpiry, Terms} from "../../interfaces/IEscrow.sol";
import {Minter, MinterLimits, SettlementSetup} from "../../interfaces/ISettlementToken.sol";
import {DeployedSettlementToken, deploySettlementToken} from "./Deployed.t.sol";
import {EscrowFixture} from "./EscrowFixture.t.sol";
import {vm} from "./Vm.t.sol";

/// @dev An issuer's token with one minter, and an escrow that lists it.
abstract contract SettlementFixture is EscrowFixture {
    address internal immutable minter = _account("minter");
    address internal immutable pauser = _account("pauser");
    MinterLimits internal limits = MinterLimits({perTransaction: 600e6, capacity: 1_000e6, refillPerDay: 1_000e6});

    DeployedSettlementToken internal settlement;

    function setUp() public virtual override {
        vm.warp(START);
        Minter[] memory minters = new Minter[](1);
        minters[0] = Minter(minter, limits);
        settlement = deploySettlementToken(
            SettlementSetup({
                name: "Issuer Dollar",
                symbol: "IUSD",
                admin: admin,
                adminDelay: ADMIN_DELAY,
                limitsDelay: LIMITS_DELAY,
                escrows: new address[](0),
                limiters: _only(limiter),
                pausers: _only(pauser),
                minters: minters
            })
        );
        escrow = _deploy(address(settlement));
        bytes32 role = settlement.ESCROW_ROLE();
        vm.prank(admin);
        settlement.grantRole(role, address(escrow));
    }

    /// @dev Of an on-ramp: the issuer pays, by minting, and a customer gets it.
    function _onrampTerms() internal view returns (Terms memory) {
        return _issuerTerms(address(settlement), payee);
    }

    /// @dev Of an off-ramp: a customer pays, and the issuer gets it, to burn.
    function _offrampTerms() internal view returns (Terms memory) {
        return _issuerTerms(payer, address(settlement));
    }

    function _mint(address to, uint256 amount) internal {
        vm.prank(minter);
        settlement.crosschainMint(to, amount);
    }

    function _mintAndLock(Terms memory terms) internal {
        vm.prank(minter);
        settlement.mintAndLock(escrow, terms);
    }

    /// @dev The law of the token: nothing is held by the token itself, and the supply is all that there is.
    function _assertSupply(uint256 supply) internal view {
        vm.assertEq(settlement.totalSupply(), supply, "supply");
        vm.assertEq(settlement.balanceOf(address(settlement)), 0, "held by the token");
    }

    function _issuerTerms(address from, address to) private view returns (Terms memory) {
        return
            Terms({
                ref: keccak256("issue"),
                token: address(settlement),
                payer: from,
                payee: to,
                amount: 250e6,
                refundAfter: REFUND_AFTER,
                hardDeadline: HARD_DEADLINE,
                onExpiry: OnExpiry.Refund
            });
    }
}
