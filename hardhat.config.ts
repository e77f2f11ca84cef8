import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import hardhatToolboxViem from '@nomicfoundation/hardhat-toolbox-viem'
import { defineConfig } from 'hardhat/config'
import type { HardhatPlugin } from 'hardhat/types/plugins'

// The compiler comes from npm: Hardhat's own download needs a network that CI and many offices do not have.
const compiler = { version: '0.8.37', path: createRequire(import.meta.url).resolve('solc/soljson.js') }

// The Solidity tests take the contracts from their artifacts (contracts/test/support/Deployed.t.sol). They themselves need no IR, and
// are compiled ten times as fast without: all in one go, for which their settings have to be one and the same object.
const testCompiler = { ...compiler, settings: { optimizer: { enabled: true, runs: 200 }, evmVersion: 'cancun' } }
const compileTestsTogether: HardhatPlugin = {
  id: 'compile-tests-together',
  hookHandlers: {
    config: async () => ({
      default: async () => ({
        resolveUserConfig: async (user, resolve, next) => {
          const config = await next(user, resolve)
          const { overrides } = config.solidity.profiles.default!
          const [shared] = Object.values(overrides)
          for (const file of Object.keys(overrides)) overrides[file] = shared!
          return config
        },
      }),
    }),
  },
}

export default defineConfig({
  plugins: [hardhatToolboxViem, compileTestsTogether],
  // Deployments keep their journals under `deploy`, where `scripts/deploy.ts` finds them.
  paths: {
    sources: './contracts',
    tests: { solidity: './contracts/test' },
    ignition: process.env.CAUSEWAY_DEPLOYMENTS ?? './deploy',
  },
  // Any live chain: `scripts/deploy.ts` fills in URL and key.
  networks: { target: { type: 'http', url: 'http://127.0.0.1:8545' } },
  solidity: {
    compilers: [{ ...compiler, settings: { optimizer: { enabled: true, runs: 10_000 }, viaIR: true, evmVersion: 'cancun' } }],
    overrides: Object.fromEntries(
      globSync('contracts/test/**/*.t.sol', { cwd: import.meta.dirname }).map(file => [file, testCompiler]),
    ),
    // A local chain starts in a second only if it need not compile the Solidity tests first.
    splitTestsCompilation: true,
  },
  test: {
    solidity: {
      // The same inputs on every run unless FUZZ_SEED (0x and 64 hex digits) asks for others. The mutation run looks at less of them.
      fuzz: { runs: Number(process.env.FUZZ_RUNS ?? 256), ...(process.env.FUZZ_SEED ? { seed: process.env.FUZZ_SEED } : {}) },
      // The actor of the invariant tests handles every refusal that is right: a revert of its own is a finding.
      // It mixes its seeds, so that a dictionary of values from storage would find nothing more, and takes half as long again.
      invariant: {
        runs: Number(process.env.INVARIANT_RUNS ?? 256),
        depth: Number(process.env.INVARIANT_DEPTH ?? 500),
        failOnRevert: true,
        includeStorage: false,
        includePushBytes: false,
      },
    },
  },
})
