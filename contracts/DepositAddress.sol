// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EscrowId, IEscrow, Terms} from "./interfaces/IEscrow.sol";

/// @title The code of every deposit address
/// @notice Knows nothing and decides nothing: it does what {IDepositAddresses} tells it, and nobody else can tell it anything.
contract DepositAddress {
    using SafeERC20 for IERC20;

    address private immutable ADDRESSES;
    IEscrow private immutable ESCROW;

    /// @notice Only {IDepositAddresses} speaks to a deposit address.
    error CallerNotDepositAddresses(address caller);

    modifier onlyAddresses() {
        if (msg.sender != ADDRESSES) revert CallerNotDepositAddresses(msg.sender);
        _;
    }

    constructor(IEscrow escrow) {
        ADDRESSES = msg.sender;
        ESCROW = escrow;
    }

    /// @notice Locks `terms.amount`, of which this address is the payer.
    function lock(Terms calldata terms) external onlyAddresses returns (EscrowId) {
        IERC20(terms.token).forceApprove(address(ESCROW), terms.amount);
        return ESCROW.lock(terms);
    }

    /// @notice Pays out.
    /// @param token The zero address for Ether.
    function pay(address token, address to, uint256 amount) external onlyAddresses {
        if (token == address(0)) Address.sendValue(payable(to), amount);
        else IERC20(token).safeTransfer(to, amount);
    }
}
