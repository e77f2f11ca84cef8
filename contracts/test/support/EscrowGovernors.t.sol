// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IEscrow, Limits, TokenState} from "../../interfaces/IEscrow.sol";
import {EscrowBooks} from "./EscrowBooks.t.sol";
import {FickleDollar} from "./FickleDollar.t.sol";
import {vm} from "./Vm.t.sol";

/// @dev What admin, guardian, limiter, the tokens' issuers and the clock do.
abstract contract EscrowGovernors is EscrowBooks {
    uint256 private constant MOODS = uint256(type(FickleDollar.Mood).max) + 1;
    uint256 private constant MAX_DAYS_TO_REFILL = 365;

    function passTime(uint256 seed) external happens {
        _now += uint64(_dice(seed, "time", 6 hours));
        vm.warp(_now);
    }

    function pause(uint256 seed) external happens {
        address token = _someToken(seed);
        address by = _mostly(_cast.guardian, seed);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.pause, (token)));
        bool may = _holds(_escrow.GUARDIAN_ROLE(), by);
        _judge(ok, may, may, "pause");
    }

    function pauseAll(uint256 seed) external happens {
        address by = _mostly(_cast.guardian, seed);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.pauseAll, ()));
        bool may = _holds(_escrow.GUARDIAN_ROLE(), by);
        _judge(ok, may, may, "pause all");
        for (uint256 t = 0; t < _tokens.length; ++t) require(!ok || _state(address(_tokens[t])).paused, "not all are paused");
    }

    /// @dev Three handlers, or most of a history would pass in a pause.
    function unpause(uint256 seed) external happens {
        _unpause(_someToken(seed), _mostly(_cast.admin, seed));
    }

    function unpauseAgain(uint256 seed) external happens {
        _unpause(_someToken(seed), _cast.admin);
    }

    function unpauseAll() external happens {
        for (uint256 t = 0; t < _tokens.length; ++t) _unpause(address(_tokens[t]), _cast.admin);
    }

    function setTokenAllowed(uint256 seed) external happens {
        address by = _mostly(_cast.admin, seed);
        bool allowed = _dice(seed, "allowed", 4) > 0;
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.setTokenAllowed, (_someToken(seed), allowed)));
        _judge(ok, by == _cast.admin, by == _cast.admin, "allow");
    }

    function lowerLimits(uint256 seed) external happens {
        address token = _someToken(seed);
        Limits memory from = _state(token).limits;
        Limits memory to = _someLimits(seed);
        address by = _mostly(_cast.limiter, seed);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.lowerLimits, (token, to)));
        bool lower =
            to.capacity <= from.capacity &&
                to.refillPerDay <= from.refillPerDay &&
                to.attestationThreshold <= from.attestationThreshold &&
                (to.attestationQuorum == 0 || (from.attestationQuorum != 0 && to.attestationQuorum >= from.attestationQuorum));
        bool may = _holds(_escrow.LIMITER_ROLE(), by) && lower && _refillsInTime(to);
        _judge(ok, may, may, "lower limits");
        if (ok) _bookLimits(token, from, to);
    }

    function proposeLimits(uint256 seed) external happens {
        Limits memory to = _someLimits(seed);
        address by = _mostly(_cast.limiter, seed);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.proposeLimits, (_someToken(seed), to)));
        bool may = _holds(_escrow.LIMITER_ROLE(), by) && _refillsInTime(to);
        _judge(ok, may, may, "propose limits");
    }

    function applyLimits(uint256 seed) external happens {
        address token = _someToken(seed);
        TokenState memory state = _state(token);
        address by = _mostly(_cast.limiter, seed);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.applyLimits, (token)));
        bool may = _holds(_escrow.LIMITER_ROLE(), by) && state.notBefore != 0 && _now >= state.notBefore;
        _judge(ok, may, may, "apply limits");
        if (ok) _bookLimits(token, state.limits, state.proposed);
    }

    function cancelLimits(uint256 seed) external happens {
        address token = _someToken(seed);
        bool proposed = _state(token).notBefore != 0;
        address by = _mostly(_dice(seed, "who", 2) == 0 ? _cast.limiter : _cast.admin, seed);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.cancelLimits, (token)));
        bool may = proposed && (_holds(_escrow.LIMITER_ROLE(), by) || by == _cast.admin);
        _judge(ok, may, may, "cancel limits");
    }

    function revokeRole(uint256 seed) external happens {
        (bytes32 role, address holder) = _someRole(_dice(seed, "role", 3 + ATTESTERS));
        _call(_cast.admin, abi.encodeCall(IAccessControl.revokeRole, (role, holder)));
    }

    function grantRoles() external happens {
        for (uint256 i = 0; i < 3 + ATTESTERS; ++i) {
            (bytes32 role, address holder) = _someRole(i);
            _call(_cast.admin, abi.encodeCall(IAccessControl.grantRole, (role, holder)));
        }
    }

    function rescue(uint256 seed) external happens {
        address token = _someToken(seed);
        address to = _dice(seed, "bad recipient", 8) == 0 ? address(_escrow) : party(_dice(seed, "to", PARTIES));
        address by = _mostly(_cast.admin, seed);
        uint256 donated = _tokenBooks[token].donated;
        uint256 amount = _dice(seed, "more than there is", 4) == 0 ? donated + 1 : _dice(seed, "rescued", donated + 1);
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.rescue, (token, to, amount)));
        bool may = by == _cast.admin && amount <= donated && to != address(_escrow) && _pays(token, to);
        _judge(ok, may, may, "rescue");
        if (!ok) return;
        _tokenBooks[token].donated -= amount;
        _held[token][to] += amount;
    }

    function donate(uint256 seed) external happens {
        FickleDollar token = FickleDollar(_someToken(seed));
        address by = party(_dice(seed, "donor", PARTIES));
        uint256 amount = _dice(seed, "donated", 1e9);
        // Not by its moods, which are about payouts.
        if (!_moves(address(token), by, address(_escrow))) return;
        vm.prank(by);
        token.approve(by, amount);
        vm.prank(by);
        token.transferFrom(by, address(_escrow), amount);
        _tokenBooks[address(token)].donated += amount;
        _held[address(token)][by] -= amount;
    }

    function deny(uint256 seed) external happens {
        bool denied = _dice(seed, "denied", 3) == 0;
        address who = _dice(seed, "the escrow itself", 12) == 0 ? address(_escrow) : party(_dice(seed, "who", PARTIES));
        vm.prank(_cast.admin);
        FickleDollar(_someToken(seed)).setDenied(who, denied);
    }

    function pardon(uint256 seed) external happens {
        _heal(FickleDollar(_someToken(seed)));
    }

    function stopToken(uint256 seed) external happens {
        FickleDollar token = FickleDollar(_someToken(seed));
        if (token.paused()) return;
        vm.prank(_cast.admin);
        token.pause();
    }

    /// @dev Only the last token has moods: what the others do then must not depend on it.
    function changeMood(uint256 seed) external happens {
        FickleDollar last = _tokens[_tokens.length - 1];
        last.setMood(_dice(seed, "good", 3) == 0 ? FickleDollar.Mood.Pays : FickleDollar.Mood(_dice(seed, "mood", MOODS)));
    }

    function _heal(FickleDollar token) internal {
        if (token.paused()) {
            vm.prank(_cast.admin);
            token.unpause();
        }
        for (uint256 p = 0; p <= PARTIES; ++p) {
            address who = p < PARTIES ? party(p) : address(_escrow);
            if (!token.isDenied(who)) continue;
            vm.prank(_cast.admin);
            token.setDenied(who, false);
        }
        token.setMood(FickleDollar.Mood.Pays);
    }

    function _someToken(uint256 seed) internal view returns (address) {
        return address(_tokens[_dice(seed, "token", _tokens.length)]);
    }

    /// @dev The one whose right it is, but now and then anyone.
    function _mostly(address rightful, uint256 seed) internal view returns (address) {
        uint256 face = _dice(seed, "impostor", 40);
        if (face < PARTIES) return party(face);
        if (face == PARTIES) return _cast.operator;
        if (face == PARTIES + 1) return _cast.guardian;
        return rightful;
    }

    function _holds(bytes32 role, address account) internal view returns (bool) {
        return _escrow.hasRole(role, account);
    }

    function _someRole(uint256 index) internal view returns (bytes32 role, address holder) {
        if (index == 0) return (_escrow.OPERATOR_ROLE(), _cast.operator);
        if (index == 1) return (_escrow.GUARDIAN_ROLE(), _cast.guardian);
        if (index == 2) return (_escrow.LIMITER_ROLE(), _cast.limiter);
        return (_escrow.ATTESTER_ROLE(), attester(index - 3));
    }

    function _unpause(address token, address by) private {
        (bool ok, ) = _call(by, abi.encodeCall(IEscrow.unpause, (token)));
        _judge(ok, by == _cast.admin, by == _cast.admin, "unpause");
    }

    function _refillsInTime(Limits memory limits) private pure returns (bool) {
        return limits.capacity <= limits.refillPerDay * MAX_DAYS_TO_REFILL;
    }

    function _someLimits(uint256 seed) private pure returns (Limits memory) {
        return
            Limits({
                capacity: _someLimit(seed, "capacity"),
                refillPerDay: _someLimit(seed, "refill"),
                attestationThreshold: _someLimit(seed, "threshold"),
                attestationQuorum: uint8(_dice(seed, "quorum", ATTESTERS + 1))
            });
    }

    function _someLimit(uint256 seed, string memory which) private pure returns (uint256) {
        uint256 face = _dice(seed, which, 16);
        if (face == 0) return 0;
        if (face > 7) return 1e36;
        return (1 + _dice(seed ^ 1, which, 999)) * 10 ** (face + 4);
    }
}
