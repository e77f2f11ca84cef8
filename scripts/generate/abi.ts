import { compileContracts, readArtifact } from '../local/compile.ts'

const outputs = [
  {
    file: 'contracts/abi/deposit-addresses.ts',
    name: 'depositAddressesAbi',
    artifact: 'DepositAddresses.sol/DepositAddresses',
    source: 'contracts/DepositAddresses.sol',
  },
  { file: 'contracts/abi/escrow.ts', name: 'escrowAbi', artifact: 'Escrow.sol/Escrow', source: 'contracts/Escrow.sol' },
  {
    file: 'contracts/abi/settlement-token.ts',
    name: 'settlementTokenAbi',
    artifact: 'SettlementToken.sol/SettlementToken',
    source: 'contracts/SettlementToken.sol',
  },
  {
    file: 'contracts/abi/test-dollar.ts',
    name: 'testDollarAbi',
    artifact: 'test/TestDollar.sol/TestDollar',
    source: 'contracts/test/TestDollar.sol',
  },
]

/** The typed ABIs, by repository path: what the compiler says about functions, events and errors, as constants that viem reads types from. */
export const generateAbi = async (): Promise<Record<string, string>> => {
  await compileContracts()
  return Object.fromEntries(
    outputs.map(({ file, name, artifact, source }) => {
      const lines = readArtifact(artifact).abi.map(entry => `  ${JSON.stringify(entry)},\n`)
      return [
        file,
        `// Generated from ${source} by \`npm run generate\`.\nexport const ${name} = [\n${lines.join('')}] as const\n`,
      ]
    }),
  )
}
