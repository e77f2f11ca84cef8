import { done, type Outcome, refused } from '../outcome.ts'

/** What a screening looks at. */
export type ScreeningOrder = {
  readonly key: string
  readonly names: readonly string[]
  readonly accounts: readonly string[]
  readonly addresses: readonly string[]
}

/** Port to whoever knows the sanctions lists. `done` names the list that was looked at; `refused` says what was found. */
export type Screening = { readonly check: (order: ScreeningOrder) => Promise<Outcome<{ list: string }>> }

export type DenyList = {
  /** Name and version, kept with every transfer that it passed. */
  readonly name: string
  readonly names: readonly string[]
  readonly accounts: readonly string[]
  readonly addresses: readonly string[]
}

/** Screening against a list in the configuration. */
export const denyListScreening = (list: DenyList): Screening => {
  const names = new Set(list.names.map(fold))
  const accounts = new Set(list.accounts.map(fold))
  const addresses = new Set(list.addresses.map(fold))
  return {
    check: async order => {
      const on = (listed: ReadonlySet<string>, given: readonly string[]) => given.some(each => listed.has(fold(each)))
      if (on(names, order.names)) return refused('screening_refused', `name is on ${list.name}`)
      if (on(accounts, order.accounts)) return refused('screening_refused', `account is on ${list.name}`)
      if (on(addresses, order.addresses)) return refused('screening_refused', `address is on ${list.name}`)
      return done({ list: list.name })
    },
  }
}

const fold = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim()
