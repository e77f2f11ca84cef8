// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Custody} from "../libraries/Custody.sol";
import {RoundAmount} from "../libraries/RoundAmount.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev One word, nine fields: whatever is written to one of them, the others stay as they were.
contract CustodyTest {
    struct Fields {
        uint256 owed;
        uint48 fullAt;
        uint16 capacity;
        uint16 refillPerDay;
        uint16 attestationThreshold;
        uint8 attestationQuorum;
        bool allowed;
        bool paused;
        uint40 sequence;
    }

    function testFuzz_OwingChangesOnlyWhatIsOwed(uint256 word, uint256 amount) public pure {
        Fields memory expected = _read(Custody.wrap(word));
        amount %= uint256(type(uint96).max) - expected.owed + 1;
        expected.owed += amount;
        _assertSame(Custody.wrap(word).owing(amount), expected);
    }

    function testFuzz_DischargedChangesOnlyWhatIsOwed(uint256 word, uint256 amount) public {
        Fields memory expected = _read(Custody.wrap(word));
        amount %= expected.owed + 1;
        expected.owed -= amount;
        _assertSame(Custody.wrap(word).discharged(amount), expected);
        // Panic 0x01: what is not owed cannot be discharged.
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x01));
        this.discharge(Custody.wrap(word), expected.owed + amount + 1);
    }

    function testFuzz_NextChangesOnlyTheSequence(uint256 word) public pure {
        Fields memory expected = _read(Custody.wrap(word));
        vm.assume(expected.sequence < type(uint40).max);
        ++expected.sequence;
        _assertSame(Custody.wrap(word).next(), expected);
    }

    function testFuzz_WithFullAtChangesOnlyThat(uint256 word, uint48 fullAt) public pure {
        Fields memory expected = _read(Custody.wrap(word));
        expected.fullAt = fullAt;
        _assertSame(Custody.wrap(word).withFullAt(fullAt), expected);
    }

    function testFuzz_FlagsChangeOnlyThemselves(uint256 word, bool allowed, bool paused) public pure {
        Fields memory expected = _read(Custody.wrap(word));
        expected.allowed = allowed;
        _assertSame(Custody.wrap(word).withAllowed(allowed), expected);
        expected = _read(Custody.wrap(word));
        expected.paused = paused;
        _assertSame(Custody.wrap(word).withPaused(paused), expected);
    }

    function testFuzz_WithLimitsChangesOnlyLimits(uint256 word, uint16[3] memory limits, uint8 quorum) public pure {
        Fields memory expected = _read(Custody.wrap(word));
        (expected.capacity, expected.refillPerDay, expected.attestationThreshold) = (limits[0], limits[1], limits[2]);
        expected.attestationQuorum = quorum;
        Custody custody = Custody.wrap(word).withLimits(
            RoundAmount.wrap(limits[0]),
            RoundAmount.wrap(limits[1]),
            RoundAmount.wrap(limits[2]),
            quorum
        );
        _assertSame(custody, expected);
    }

    function discharge(Custody custody, uint256 amount) external pure returns (Custody) {
        return custody.discharged(amount);
    }

    function _read(Custody custody) private pure returns (Fields memory) {
        return
            Fields({
                owed: custody.owed(),
                fullAt: custody.fullAt(),
                capacity: RoundAmount.unwrap(custody.capacity()),
                refillPerDay: RoundAmount.unwrap(custody.refillPerDay()),
                attestationThreshold: RoundAmount.unwrap(custody.attestationThreshold()),
                attestationQuorum: custody.attestationQuorum(),
                allowed: custody.allowed(),
                paused: custody.paused(),
                sequence: custody.sequence()
            });
    }

    function _assertSame(Custody custody, Fields memory expected) private pure {
        vm.assertEq(keccak256(abi.encode(_read(custody))), keccak256(abi.encode(expected)), "fields");
    }
}
