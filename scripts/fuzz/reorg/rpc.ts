export type Call = readonly [method: string, ...params: unknown[]]

export type Rpc = {
  // biome-ignore lint/suspicious/noExplicitAny: what a node answers is judged where it is read
  readonly one: (...call: Call) => Promise<any>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly many: (calls: readonly Call[]) => Promise<any[]>
}

type Answer = { readonly id: number; readonly result?: unknown; readonly error?: unknown }

/** Plain JSON-RPC: the oracle reads a chain with nothing that the indexer reads it with. Throws on every error. */
export const rpc = (url: string): Rpc => {
  const post = async (body: unknown) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return response.json()
  }
  const resultOf = (answer: Answer | undefined, [method]: Call) => {
    if (answer === undefined || answer.error !== undefined) throw new Error(`${method}: ${JSON.stringify(answer?.error)}`)
    return answer.result
  }
  return {
    one: async (...call) => {
      const [method, ...params] = call
      return resultOf((await post({ jsonrpc: '2.0', id: 1, method, params })) as Answer, call)
    },
    many: async calls => {
      if (calls.length === 0) return []
      const answers = (await post(calls.map(([method, ...params], id) => ({ jsonrpc: '2.0', id, method, params })))) as Answer[]
      const byId = new Map(answers.map(answer => [answer.id, answer]))
      return calls.map((call, id) => resultOf(byId.get(id), call))
    },
  }
}
