// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev A token that anyone may fill his account with.
abstract contract FreeToken is ERC20 {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @dev Delivers `amount + skew`: less is a token that keeps a fee, more is one that rebases on transfer.
contract SkewedToken is FreeToken {
    int256 private _skew;

    constructor(int256 skew) ERC20("Skewed", "SKEW") {
        _skew = skew;
    }

    function setSkew(int256 skew) external {
        _skew = skew;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from == address(0)) return;
        if (_skew < 0) super._update(to, address(0xdead), uint256(-_skew));
        else super._update(address(0), to, uint256(_skew));
    }
}

/// @dev Answers transfers with bytes of one's choice, and moves the tokens, or does not, whatever it says.
contract AnsweringToken is FreeToken {
    bool private _moving;
    bytes private _answer;

    constructor(bool moving, bytes memory answer) ERC20("Answering", "SAYS") {
        setAnswer(moving, answer);
    }

    function setAnswer(bool moving, bytes memory answer) public {
        _moving = moving;
        _answer = answer;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        if (_moving) super.transfer(to, value);
        _say(_answer);
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        if (_moving) super.transferFrom(from, to, value);
        _say(_answer);
    }

    function _say(bytes memory answer) private pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            return(add(answer, 0x20), mload(answer))
        }
    }
}

/// @dev Burns all the gas it is given, or answers with more memory than the gas of a payout can pay for a copy of, in both directions.
contract GreedyToken is FreeToken {
    uint256 private _bombBytes;
    bool private _burning;

    constructor() ERC20("Greedy", "GAS") {}

    function setBurning(bool burning) external {
        _burning = burning;
    }

    function setBomb(uint256 bytes_) external {
        _bombBytes = bytes_;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        uint256 bomb = _bombBytes;
        if (_burning) {
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (bomb > 0) {
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                revert(mload(0x40), bomb)
            }
        }
    }
}

/// @dev Shows balances times a ratio, as a token does that rebases, and moves what it shows.
contract RebasingToken is FreeToken {
    uint256 private _percent = 100;

    constructor() ERC20("Rebasing", "BASE") {}

    function rebase(uint256 percent) external {
        _percent = percent;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return (super.balanceOf(account) * _percent) / 100;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, (value * 100) / _percent);
    }
}

/// @dev Adds to whatever balance it is asked for.
contract BoastingToken is FreeToken {
    uint256 private _more;

    constructor() ERC20("Boasting", "LIE") {}

    function boast(uint256 more) external {
        _more = more;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return super.balanceOf(account) + _more;
    }
}

/// @dev Cannot decide what its units are.
contract UnsteadyToken is FreeToken {
    uint8 private _decimals = 6;

    constructor() ERC20("Unsteady", "UNIT") {}

    function setDecimals(uint8 decimals_) external {
        _decimals = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}

/// @dev Calls somebody once, in the middle of the next transfer, and keeps what he answered.
contract ReentrantToken is FreeToken {
    address private _target;
    bytes private _call;

    /// @notice What the callee answered.
    bytes public answer;
    /// @notice Whether the call went through.
    bool public succeeded;
    /// @notice Whether it was made.
    bool public called;

    constructor() ERC20("Reentrant", "LOOP") {}

    function arm(address target, bytes calldata call) external {
        _target = target;
        _call = call;
        called = false;
        succeeded = false;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_target == address(0)) return;
        address target = _target;
        _target = address(0);
        called = true;
        (succeeded, answer) = target.call(_call);
    }
}

/// @dev Tells a receiver who has registered, as ERC-777 does, and lets him refuse.
contract HookedToken is FreeToken {
    mapping(address account => bool) private _registered;

    constructor() ERC20("Hooked", "HOOK") {}

    function register(address account) external {
        _registered[account] = true;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && _registered[to]) HookedAccount(to).tokensReceived(value);
    }
}

/// @dev Does what it was told to when tokens come.
contract HookedAccount {
    enum Reaction {
        Accepts,
        Refuses,
        BurnsGas,
        CallsBack
    }

    address private immutable _target;
    Reaction private _reaction;
    bytes private _call;

    /// @notice What the callee answered when it called back.
    bytes public answer;
    /// @notice Whether that call went through.
    bool public succeeded;

    /// @notice It does not like the tokens.
    error Unwanted(uint256 amount);

    constructor(address target) {
        _target = target;
    }

    function react(Reaction reaction, bytes calldata call) external {
        _reaction = reaction;
        _call = call;
    }

    function tokensReceived(uint256 amount) external {
        if (_reaction == Reaction.Refuses) revert Unwanted(amount);
        if (_reaction == Reaction.BurnsGas) {
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (_reaction == Reaction.CallsBack) (succeeded, answer) = _target.call(_call);
    }
}
