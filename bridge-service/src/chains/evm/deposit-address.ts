import { type Address, concatHex, getContractAddress, type Hex } from 'viem'

/**
 * The deposit address of an escrow that its customer would lock by himself under `id`: where the contract of the deposit addresses makes an
 * ERC-1167 clone of the first contract that it has made, with the id as salt (see contracts/interfaces/IDepositAddresses.sol).
 */
export const depositAddress = (contract: Address, id: Hex): Address =>
  getContractAddress({
    ...{ opcode: 'CREATE2', from: contract, salt: id },
    bytecode: concatHex([
      '0x3d602d80600a3d3981f3363d3d373d3d3d363d73',
      getContractAddress({ from: contract, nonce: 1n }),
      '0x5af43d82803e903d91602b57fd5bf3',
    ]),
  })
