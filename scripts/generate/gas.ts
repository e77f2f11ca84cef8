import { measureGas } from '../bench/gas/measure.ts'

/** The gas snapshot, by repository path: so that whoever changes a contract sees in the diff what it costs. */
export const generateGas = async (): Promise<Record<string, string>> => {
  const { rows, bytecode } = await measureGas()
  const gas = Object.fromEntries(rows.map(({ operation, gas }) => [operation, gas]))
  return { 'contracts/gas.json': `${JSON.stringify({ gas, bytecode }, null, 2)}\n` }
}
