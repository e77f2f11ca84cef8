// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RefillBucket} from "../libraries/RefillBucket.sol";
import {vm} from "./support/Vm.t.sol";

/// @dev The bucket against exact arithmetic: amounts times ticks per day, where nothing is ever rounded.
contract RefillBucketTest {
    uint256 private constant TICKS_PER_DAY = 1 days << 16;
    uint256 private constant START = 1_800_000_000;
    uint256 private constant ROUNDS = 24;

    struct Taken {
        uint256 amount;
        uint256 time;
    }

    /// @dev What was taken and is not refilled, times one day: exact, and with a whole tick on top of each take.
    struct History {
        uint48 fullAt;
        uint256 time;
        uint256 debt;
        uint256 dear;
    }

    function testFuzz_AFullBucketGivesItsCapacityAndNoMore(uint256 capacity, uint256 refillPerDay, uint256 idle) public view {
        (capacity, refillPerDay) = _limits(capacity, refillPerDay);
        uint48 fullAt = uint48((START << 16) - (idle % (START << 16)));
        vm.assertEq(RefillBucket.available(fullAt, capacity, refillPerDay, START), capacity, "available");
        (bool taken, ) = _take(fullAt, capacity, capacity, refillPerDay, START);
        vm.assertTrue(taken, "capacity");
        (taken, ) = _take(fullAt, capacity + 1, capacity, refillPerDay, START);
        vm.assertTrue(!taken, "more than capacity");
    }

    function testFuzz_GivesWhatItSaysIsAvailableAndNoMore(
        uint256 capacity,
        uint256 refillPerDay,
        uint256 first,
        uint256 pause
    ) public {
        (capacity, refillPerDay) = _limits(capacity, refillPerDay);
        (bool taken, uint48 fullAt) = _take(0, first % (capacity + 1), capacity, refillPerDay, START);
        vm.assume(taken);
        uint256 later = START + (pause % 400 days);
        uint256 available = RefillBucket.available(fullAt, capacity, refillPerDay, later);
        (taken, ) = _take(fullAt, available, capacity, refillPerDay, later);
        // One that has given all of its capacity is short by the rounding of that take, so that not even nothing can be taken.
        vm.assertTrue(taken || available == 0, "available");
        vm.expectRevert(abi.encodeWithSelector(RefillBucket.BucketTooLow.selector, available + 1, available));
        this.take(fullAt, available + 1, capacity, refillPerDay, later);
    }

    /// @dev The law that auditors are promised, over every window that begins and ends with a take.
    function testFuzz_NoWindowGivesMoreThanCapacityPlusRefill(
        uint256 capacity,
        uint256 refillPerDay,
        uint256[ROUNDS] memory amounts,
        uint32[ROUNDS] memory pauses
    ) public view {
        (capacity, refillPerDay) = _limits(capacity, refillPerDay);
        Taken[] memory all = new Taken[](ROUNDS);
        uint48 fullAt;
        uint256 time = START;
        for (uint256 i = 0; i < ROUNDS; ++i) {
            // Some pauses long enough to fill it, most so short that it runs dry.
            time += pauses[i] % 5 == 0 ? pauses[i] % 30 days : pauses[i] % 1 hours;
            uint256 amount = _piece(amounts[i], capacity, RefillBucket.available(fullAt, capacity, refillPerDay, time));
            (bool taken, uint48 next) = _take(fullAt, amount, capacity, refillPerDay, time);
            if (!taken) continue;
            fullAt = next;
            all[i] = Taken(amount, time);
        }
        for (uint256 first = 0; first < ROUNDS; ++first) {
            if (all[first].amount == 0) continue;
            uint256 sum = 0;
            for (uint256 last = first; last < ROUNDS; ++last) {
                if (all[last].amount == 0) continue;
                sum += all[last].amount;
                uint256 elapsed = all[last].time - all[first].time;
                vm.assertLe(sum * 1 days, capacity * 1 days + refillPerDay * elapsed, "window");
            }
        }
    }

    /// @dev It gives all that exact arithmetic would give, less at most what is refilled in one tick for each take before.
    function testFuzz_RefusesOnlyWhatExactArithmeticRefuses(
        uint256 capacity,
        uint256 refillPerDay,
        uint256[ROUNDS] memory amounts,
        uint32[ROUNDS] memory pauses
    ) public view {
        (capacity, refillPerDay) = _limits(capacity, refillPerDay);
        History memory past = History({fullAt: 0, time: START, debt: 0, dear: 0});
        for (uint256 i = 0; i < ROUNDS; ++i) {
            uint256 pause = pauses[i] % 3 days;
            past.time += pause;
            past.debt = _less(past.debt, (pause << 16) * refillPerDay);
            past.dear = _less(past.dear, (pause << 16) * refillPerDay);
            uint256 available = RefillBucket.available(past.fullAt, capacity, refillPerDay, past.time);
            uint256 amount = _piece(amounts[i], capacity, available);
            (bool taken, uint48 next) = _take(past.fullAt, amount, capacity, refillPerDay, past.time);
            uint256 wanted = amount * TICKS_PER_DAY;
            if (taken) vm.assertLe(past.debt + wanted, capacity * TICKS_PER_DAY, "gives too much");
            else vm.assertTrue(past.dear + wanted > capacity * TICKS_PER_DAY, "gives too little");
            if (!taken) continue;
            past.fullAt = next;
            past.debt += wanted;
            past.dear += wanted + refillPerDay;
        }
    }

    function testFuzz_IsFullAgainWithinAYear(uint256 capacity, uint256 refillPerDay) public view {
        (capacity, refillPerDay) = _limits(capacity, refillPerDay);
        (bool taken, uint48 fullAt) = _take(0, capacity, capacity, refillPerDay, START);
        vm.assertTrue(taken, "emptied");
        // A second for the tick that was rounded up.
        vm.assertEq(RefillBucket.available(fullAt, capacity, refillPerDay, START + 365 days + 1), capacity, "full");
    }

    /// @dev Without a refill there is no capacity either; that is the caller's duty.
    function testFuzz_WithoutRefillItGivesNothing(uint48 fullAt, uint256 amount) public {
        amount = 1 + (amount % 2 ** 129);
        vm.assertEq(RefillBucket.available(fullAt, 0, 0, START), 0, "available");
        vm.expectRevert(abi.encodeWithSelector(RefillBucket.BucketTooLow.selector, amount, 0));
        this.take(fullAt, amount, 0, 0, START);
    }

    /// @dev A change of limits is no way to take twice.
    function testFuzz_WhatWasTakenStaysTakenUnderNewLimits(
        uint256[2] memory capacities,
        uint256[2] memory refills,
        uint256 amount,
        uint256 pause
    ) public view {
        for (uint256 i = 0; i < 2; ++i) (capacities[i], refills[i]) = _limits(capacities[i], refills[i]);
        amount %= capacities[0] + 1;
        (bool taken, uint48 fullAt) = _take(0, amount, capacities[0], refills[0], START);
        if (!taken) return;
        pause %= 400 days;
        uint256 still = _less(amount * TICKS_PER_DAY, (pause << 16) * refills[0]);
        uint48 rescaled = RefillBucket.rescale(fullAt, refills[0], capacities[1], refills[1], START + pause);
        uint256 available = RefillBucket.available(rescaled, capacities[1], refills[1], START + pause);
        uint256 all = capacities[1] * TICKS_PER_DAY;
        vm.assertLe(available * TICKS_PER_DAY, still < all ? all - still : 0, "gives again what was taken");
        // And no more than that: two roundings of a tick, one under each limit, and one of a unit.
        uint256 slack = still + refills[0] + refills[1] + TICKS_PER_DAY;
        vm.assertGe(available * TICKS_PER_DAY, slack < all ? all - slack : 0, "takes what was not taken");
    }

    /// @dev Whatever was taken under other limits: an emergency's lowering must not bury the bucket for ever.
    function testFuzz_RescaledItIsFullAgainWithinAYear(uint256 capacity, uint256[2] memory refills, uint48 fullAt) public pure {
        (, refills[0]) = _limits(capacity, refills[0]);
        (capacity, refills[1]) = _limits(capacity, refills[1]);
        uint48 rescaled = RefillBucket.rescale(fullAt, refills[0], capacity, refills[1], START);
        vm.assertEq(RefillBucket.available(rescaled, capacity, refills[1], START + 365 days), capacity, "full");
    }

    /// @dev In whole ticks (a refill of one unit a tick) nothing is rounded; one unit of cost above them takes a whole tick more.
    function test_ATakeCostsItsTicksRoundedUp() public view {
        uint48 full = uint48(START << 16);
        (, uint48 fullAt) = _take(0, 7, 10, TICKS_PER_DAY, START);
        vm.assertEq(fullAt - full, 7, "exact");
        // A unit costs TICKS_PER_DAY / (TICKS_PER_DAY - 1) ticks here.
        (, fullAt) = _take(0, 7, 10, TICKS_PER_DAY - 1, START);
        vm.assertEq(fullAt - full, 8, "rounded up");
    }

    /// @dev Else each change of limits would give or take a tick.
    function testFuzz_TheSameRefillLeavesTheInstantAsItIs(uint256 refillPerDay, uint32 debt) public pure {
        (, refillPerDay) = _limits(1, refillPerDay);
        uint48 fullAt = uint48((START << 16) + debt);
        vm.assertEq(RefillBucket.rescale(fullAt, refillPerDay, 1, refillPerDay, START), fullAt, "instant");
        vm.assertEq(RefillBucket.rescale(fullAt, 1, 1, 1, START), fullAt, "instant, at the least refill");
    }

    function test_RescaleRoundsAgainstTheTaker() public pure {
        uint48 full = uint48(START << 16);
        // Five ticks at one a day are five quarters of a tick at four a day.
        vm.assertEq(RefillBucket.rescale(full + 5, 1, 1, 4, START) - full, 2, "debt");
    }

    function test_RescaleStopsAtTheLastInstant() public pure {
        uint256 end = type(uint48).max >> 16;
        uint48 rescaled = RefillBucket.rescale(type(uint48).max, 1e18, 1, 1, end - 1 days);
        vm.assertEq(rescaled, type(uint48).max, "instant");
        // Past its instants it must not start anew, as if nothing had been taken.
        vm.assertEq(RefillBucket.rescale(1, 1, 1, 1, end + 1), type(uint48).max, "instant");
    }

    function testFuzz_RescaleLeavesAnUntouchedBucketFull(
        uint256 capacity,
        uint256 refillPerDay,
        uint256 oldRefillPerDay
    ) public pure {
        (capacity, refillPerDay) = _limits(capacity, refillPerDay);
        uint48 fullAt = RefillBucket.rescale(0, oldRefillPerDay % 2 ** 130, capacity, refillPerDay, START);
        vm.assertEq(RefillBucket.available(fullAt, capacity, refillPerDay, START), capacity, "available");
    }

    /// @dev After limits of zero it is not known how much was taken, so it counts as all.
    function testFuzz_RescaleFromNoRefillLeavesAUsedBucketEmpty(
        uint48 fullAt,
        uint256 capacity,
        uint256 refillPerDay
    ) public pure {
        (capacity, refillPerDay) = _limits(capacity, refillPerDay);
        fullAt = uint48(RefillBucket.rescale(fullAt == 0 ? 1 : fullAt, 0, capacity, refillPerDay, START));
        vm.assertEq(RefillBucket.available(fullAt, capacity, refillPerDay, START), 0, "available");
    }

    function test_GivesNothingOnceItsInstantsDoNotFitAnyMore() public view {
        uint256 end = type(uint48).max >> 16;
        (bool taken, ) = _take(0, 1, 1, 1, end - 1 days);
        vm.assertTrue(taken, "before");
        (taken, ) = _take(0, 1, 1, 1, end - 1 days + 1);
        vm.assertTrue(!taken, "after");
        // To the last tick, at one a unit.
        (taken, ) = _take(0, 65_535, 65_536, TICKS_PER_DAY, end);
        vm.assertTrue(taken, "the last instant");
        (taken, ) = _take(0, 65_536, 65_536, TICKS_PER_DAY, end);
        vm.assertTrue(!taken, "beyond the last instant");
    }

    function take(
        uint48 fullAt,
        uint256 amount,
        uint256 capacity,
        uint256 refillPerDay,
        uint256 timestamp
    ) external pure returns (uint48) {
        return RefillBucket.take(fullAt, amount, capacity, refillPerDay, timestamp);
    }

    function _take(
        uint48 fullAt,
        uint256 amount,
        uint256 capacity,
        uint256 refillPerDay,
        uint256 time
    ) private view returns (bool, uint48) {
        try this.take(fullAt, amount, capacity, refillPerDay, time) returns (uint48 next) {
            return (true, next);
        } catch {
            return (false, fullAt);
        }
    }

    /// @dev Of every order of magnitude, and such that an empty bucket is full again within a year.
    function _limits(uint256 capacity, uint256 refillPerDay) private pure returns (uint256, uint256) {
        refillPerDay = 1 + ((refillPerDay >> 8) % (2 ** (1 + (refillPerDay % 120))));
        capacity = 1 + ((capacity >> 8) % (2 ** (1 + (capacity % 120))));
        uint256 most = refillPerDay * RefillBucket.MAX_DAYS_TO_REFILL;
        return (capacity < most ? capacity : most, refillPerDay);
    }

    /// @dev Anything up to the capacity, or around what is there.
    function _piece(uint256 seed, uint256 capacity, uint256 available) private pure returns (uint256) {
        if (seed % 3 == 0) return available;
        if (seed % 3 == 1) return available + 1;
        return (seed >> 8) % (capacity + 1);
    }

    function _less(uint256 from, uint256 amount) private pure returns (uint256) {
        return from > amount ? from - amount : 0;
    }
}
