import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../../local/child.ts'
import type { Project } from '../project.ts'

/** A contract with few mutants. Its tests miss one of them: that what is taken is told. */
const contract = `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

contract Till {
    event Taken(uint256 amount);

    uint256 public held = 9;

    function take(uint256 amount) external {
        if (amount > held) revert();
        held -= amount;
        emit Taken(amount | amount);
    }
}
`

const tests = `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface Vm {
    function getCode(string calldata artifact) external view returns (bytes memory);
}

interface ITill {
    function held() external view returns (uint256);
    function take(uint256 amount) external;
}

contract Customer {
    ITill private immutable till;

    constructor(ITill from) {
        till = from;
    }

    function take(uint256 amount) external {
        try till.take(amount % 10) {} catch {}
    }
}

contract TillTest {
    ITill private till;
    Customer private customer;

    function setUp() public {
        bytes memory code = Vm(address(uint160(uint256(keccak256("hevm cheat code"))))).getCode("Till.sol:Till");
        address created;
        assembly {
            created := create(0, add(code, 0x20), mload(code))
        }
        till = ITill(created);
        customer = new Customer(till);
    }

    function test_GivesAllAndNoMore() public {
        till.take(4);
        require(till.held() == 5);
        till.take(5);
        require(till.held() == 0);
        try till.take(1) {
            revert("more than it holds");
        } catch (bytes memory reason) {
            // Refused, and not for want of arithmetic.
            require(reason.length == 0);
        }
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(customer);
    }

    function invariant_HoldsNoMoreThanAtFirst() public view {
        require(till.held() <= 9);
    }
}
`

/** Writes it as a project of its own. */
export const writeTill = (root: string): Project => {
  mkdirSync(join(root, 'contracts/test'), { recursive: true })
  writeFileSync(join(root, 'contracts/Till.sol'), contract)
  writeFileSync(join(root, 'contracts/test/Till.t.sol'), tests)
  for (const file of ['hardhat.config.ts', 'package.json']) copyFileSync(join(repository, file), join(root, file))
  return { root, sources: ['contracts/Till.sol'], deployed: ['contracts/Till.sol:Till'] }
}
