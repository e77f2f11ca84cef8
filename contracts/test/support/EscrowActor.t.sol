// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IEscrow, Limits} from "../../interfaces/IEscrow.sol";
import {DeployedEscrow} from "./Deployed.t.sol";
import {EscrowBatches} from "./EscrowBatches.t.sol";
import {Cast, EscrowBooks} from "./EscrowBooks.t.sol";
import {EscrowFold} from "./EscrowFold.t.sol";
import {FickleDollar} from "./FickleDollar.t.sol";
import {vm} from "./Vm.t.sol";

/// @dev Does everything that the world may do to an escrow, in any order, legal or not, and judges each answer by its own books. The
/// test runner calls its functions at random; what is not meant for it does nothing for anyone but the test.
contract EscrowActor is EscrowBatches {
    constructor(
        DeployedEscrow escrow,
        EscrowFold fold,
        FickleDollar[] memory tokens,
        Cast memory cast,
        uint64 start
    ) EscrowBooks(escrow, fold, tokens, cast, start) {}

    /// @notice The worst that can happen to the bridge: everything paused, every limit at zero, every role revoked, the admin gone.
    function loseAllKeys() external {
        if (msg.sender != _test) return;
        this.grantRoles();
        Limits memory nothing = Limits(0, 0, 0, 0);
        for (uint256 t = 0; t < _tokens.length; ++t) {
            address token = address(_tokens[t]);
            Limits memory from = _state(token).limits;
            _must(_cast.limiter, abi.encodeCall(IEscrow.lowerLimits, (token, nothing)));
            _bookLimits(token, from, nothing);
            _must(_cast.admin, abi.encodeCall(IEscrow.setTokenAllowed, (token, false)));
        }
        _must(_cast.guardian, abi.encodeCall(IEscrow.pauseAll, ()));
        for (uint256 i = 0; i < 3 + ATTESTERS; ++i) {
            (bytes32 role, address holder) = _someRole(i);
            _must(_cast.admin, abi.encodeCall(IAccessControl.revokeRole, (role, holder)));
        }
        vm.prank(_cast.admin);
        _escrow.beginDefaultAdminTransfer(address(0));
        _now += uint64(_escrow.defaultAdminDelay()) + 1;
        vm.warp(_now);
        vm.prank(_cast.admin);
        _escrow.renounceRole(0x00, _cast.admin);
        require(_escrow.defaultAdmin() == address(0), "an admin is left");
    }

    /// @notice At its deadline, and not a second before, a stranger ends each escrow that is still open.
    function expireAllAtTheirDeadlines(address stranger) external {
        if (msg.sender != _test) return;
        uint256[] memory left = _openBooks();
        for (uint256 i = 0; i < left.length; ++i) {
            uint64 deadline = _deadline(_books[left[i]]);
            if (deadline > _now) {
                vm.warp(deadline - 1);
                uint64 later = _now;
                _now = deadline - 1;
                _expire(left[i], stranger);
                // Each at its own time, whatever the order in which they are tried.
                vm.warp(deadline);
                _now = deadline;
                _expire(left[i], stranger);
                vm.warp(later);
                _now = later;
            } else {
                _expire(left[i], stranger);
            }
        }
        require(_openBooks().length == 0, "an escrow has no exit");
    }

    /// @notice Once the tokens pay again, a stranger brings everyone what is his.
    function claimAll(address stranger) external {
        if (msg.sender != _test) return;
        for (uint256 t = 0; t < _tokens.length; ++t) {
            address token = address(_tokens[t]);
            _heal(_tokens[t]);
            for (uint256 p = 0; p < PARTIES; ++p) _claim(token, party(p), stranger);
            require(_tokenBooks[token].credited == 0, "a credit cannot be claimed");
        }
    }

    function _must(address by, bytes memory data) private {
        (bool ok, ) = _call(by, data);
        require(ok, "refused to who has the right");
    }
}
