// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Pausable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Pausable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

/// @title A dollar for local and test networks
/// @notice Six decimals, ERC-2612, ERC-3009, and the two powers of a real issuer that hurt a bridge: it can pause all transfers and deny
/// an account.
contract TestDollar is ERC20Pausable, ERC20Permit, ERC3009, Ownable {
    mapping(address account => bool) private _denied;

    /// @notice The owner has put an account on the deny-list or taken it off.
    event AccountDenied(address indexed account, bool denied);

    /// @notice The account may neither send nor receive.
    error DeniedAccount(address account);

    constructor(address owner) ERC20("Test Dollar", "TUSD") ERC20Permit("Test Dollar") Ownable(owner) {}

    /// @notice Makes `amount` minor units out of nothing. Owner only.
    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }

    /// @notice Stops every transfer. Owner only.
    function pause() external onlyOwner {
        _pause();
    }

    /// @notice Ends a pause. Owner only.
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @notice Forbids an account to send and receive, or allows it again. Owner only.
    function setDenied(address account, bool denied) external onlyOwner {
        _denied[account] = denied;
        emit AccountDenied(account, denied);
    }

    /// @notice Whether the account is forbidden to send and receive.
    function isDenied(address account) external view returns (bool) {
        return _denied[account];
    }

    /// @notice Six, like the dollar tokens in the field.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Pausable) {
        require(!_denied[from], DeniedAccount(from));
        require(!_denied[to], DeniedAccount(to));
        super._update(from, to, value);
    }
}
