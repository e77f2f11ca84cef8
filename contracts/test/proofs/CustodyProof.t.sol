// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Custody} from "../../libraries/Custody.sol";

/// @dev The packed word, for every word and every amount.
contract CustodyProof {
    function dischargedUndoesOwing(Custody custody, uint256 amount) external pure {
        require(amount <= type(uint96).max - custody.owed());
        assert(Custody.unwrap(custody.owing(amount).discharged(amount)) == Custody.unwrap(custody));
    }

    function owingAddsToWhatIsOwed(Custody custody, uint256 amount) external pure {
        require(amount <= type(uint96).max - custody.owed());
        assert(custody.owing(amount).owed() == custody.owed() + amount);
    }
}
