/** What the indexer says of itself so far, summed over chains and nodes. */
export const scrape = async (url: string): Promise<{ httpCalls: number; fetchSeconds: number; databaseSeconds: number }> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^causeway_indexer_${name}\\{[^}]*\\} (\\S+)$`, 'gm'))].reduce(
      (total, match) => total + Number(match[1]),
      0,
    )
  return {
    httpCalls: sum('rpc_requests'),
    fetchSeconds: sum('read_seconds_total'),
    databaseSeconds: sum('write_seconds_total'),
  }
}
