import type { Law } from './finding.ts'

/** Law 6: the same key gives the same bytes, and a transfer has one key for each thing that it wants from a bank. */
export const keys: Law = ({ bank, chains, moments }) => {
  const broken: string[] = []
  const bodies = new Map<string, string>()
  for (const { key, body } of bank.asked) {
    if ((bodies.get(key) ?? body) !== body) broken.push(`key ${key} came with two bodies`)
    bodies.set(key, body)
  }
  for (const key of chains.flatMap(({ conflicts }) => conflicts)) broken.push(`key ${key} came to the chain with two orders`)
  for (const what of chains.flatMap(({ unasked }) => unasked)) broken.push(`signed for no order: ${what}`)
  const once = moments.filter(({ wish }) => wish === 'debit' || wish === 'credit' || wish === 'lock')
  for (const want of twice(once.map(({ transfer, wish, place }) => `${wish} of ${transfer} on ${place}`)))
    broken.push(`two keys for the ${want}`)
  const orders = bank.orders.map(({ key }) => key)
  for (const key of twice(orders)) broken.push(`the bank took key ${key} twice`)
  return broken
}

const twice = (names: readonly string[]): string[] => [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
