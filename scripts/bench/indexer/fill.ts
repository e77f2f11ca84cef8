import { request } from 'node:http'
import { type Address, encodeFunctionData, type Hex, pad, toHex } from 'viem'
import { escrowAbi } from '../../../contracts/abi/escrow.ts'
import type { Deployment } from '../../local/deploy-contracts.ts'

const perCall = 10

/** Fills an anvil with blocks of twenty escrow events each: ten locks, and the releases of the ten locks of the block before. */
export const fill = async (url: string, deployment: Deployment, blocks: number) => {
  const rpc = client(url)
  const { treasury, operator, escrow } = deployment
  let before: readonly Terms[] = []
  let events = 0
  for (let block = 0; block < blocks; block++) {
    const locks = Array.from({ length: perCall }, (_, i) => termsOf(deployment, block * perCall + i))
    const calls = [{ from: treasury.address, data: encode('lockBatch', locks) }]
    if (before.length > 0) calls.push({ from: operator.address, data: encode('releaseBatch', before) })
    for (const call of calls) await rpc('eth_sendTransaction', [{ ...call, to: escrow, gas: toHex(6_000_000) }])
    await rpc('evm_mine', [])
    events += locks.length + before.length
    before = locks
  }
  return { events }
}

/** Mines one block with one lock in it. Returns its ref, and when the node said that it is mined. */
export const mineLock = async (url: string, deployment: Deployment, number: number): Promise<{ ref: Hex; minedMs: number }> => {
  const rpc = client(url)
  const terms = termsOf(deployment, number)
  await rpc('eth_sendTransaction', [
    { from: deployment.treasury.address, to: deployment.escrow, data: encode('lockBatch', [terms]), gas: toHex(1_000_000) },
  ])
  await rpc('evm_mine', [])
  return { ref: terms.ref, minedMs: performance.now() }
}

type Terms = ReturnType<typeof termsOf>

const encode = (functionName: 'lockBatch' | 'releaseBatch', items: readonly Terms[]): Hex =>
  encodeFunctionData({ abi: escrowAbi, functionName, args: [items] })

// Farther than the blocks run ahead of the clock, nearer than the year that the contract allows.
const farOff = BigInt(Math.floor(Date.now() / 1000) + 180 * 86_400)

// Every lock has a payee of its own, as customers are.
const termsOf = ({ token, treasury }: Deployment, number: number) => ({
  ref: pad(toHex(number + 1), { size: 32 }),
  token,
  payer: treasury.address,
  payee: pad(toHex(0x1000_0000 + number), { size: 20 }) as Address,
  amount: 1n,
  refundAfter: farOff,
  hardDeadline: farOff,
  onExpiry: 0,
})

const client =
  (url: string) =>
  (method: string, params: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const outgoing = request(url, { method: 'POST', headers: { 'content-type': 'application/json' } }, response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', part => {
          text += part
        })
        response.once('end', () => {
          const { result, error } = JSON.parse(text)
          if (error) reject(new Error(`${method}: ${error.message}`))
          else resolve(result)
        })
      })
      outgoing.once('error', reject)
      outgoing.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
    })
