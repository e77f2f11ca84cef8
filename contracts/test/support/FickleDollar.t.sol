// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TestDollar} from "../TestDollar.sol";

/// @dev A test dollar whose payouts fail in every way that a token knows, and moves nothing when they do.
contract FickleDollar is TestDollar {
    enum Mood {
        Pays,
        Reverts,
        SaysFalse,
        SaysTwo,
        SaysTooLittle,
        BurnsGas,
        RevertsWithABomb,
        ReturnsABomb
    }

    /// @dev As much memory as 200,000 units of gas buy.
    uint256 private constant BOMB_BYTES = 250_000;

    Mood public mood;

    constructor(address owner) TestDollar(owner) {}

    function setMood(Mood now_) external {
        mood = now_;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        Mood now_ = mood;
        if (now_ == Mood.Pays) return super.transfer(to, value);
        if (now_ == Mood.SaysFalse) return false;
        uint256 bomb = BOMB_BYTES;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let answer := mload(0x40)
            switch now_
            case 1 {
                revert(0, 0)
            }
            case 3 {
                mstore(answer, 2)
                return(answer, 0x20)
            }
            case 4 {
                mstore(answer, not(0))
                return(answer, 0x1f)
            }
            case 5 {
                invalid()
            }
            case 6 {
                revert(answer, bomb)
            }
            default {
                mstore(answer, 0)
                return(answer, bomb)
            }
        }
    }
}
