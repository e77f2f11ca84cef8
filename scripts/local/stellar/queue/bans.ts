/** Envelopes (by their full hash) that are refused until ten ledgers have closed. */
export const openBans = () => {
  const ledgers = 10
  let byLedger: Set<string>[] = Array.from({ length: ledgers }, () => new Set())
  return {
    add: (hash: string) => void byLedger[0]!.add(hash),
    has: (hash: string): boolean => byLedger.some(hashes => hashes.has(hash)),
    /** A ledger has closed. */
    shift: () => {
      byLedger = [new Set(), ...byLedger.slice(0, ledgers - 1)]
    },
  }
}
