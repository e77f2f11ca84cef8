export type ServerSentEvent = { readonly event?: string; readonly id?: string; readonly retry?: string; readonly data: unknown }

/** Server-sent events as they come over the wire, one at a time; undefined at the end. */
export const readStream = async (url: string, headers: Record<string, string> = {}) => {
  const controller = new AbortController()
  const answer = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: controller.signal })
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    status: answer.status,
    contentType: answer.headers.get('content-type'),
    next: async (): Promise<ServerSentEvent | undefined> => {
      for (;;) {
        const end = text.indexOf('\n\n')
        if (end >= 0) {
          const lines = text.slice(0, end).split('\n')
          text = text.slice(end + 2)
          const fields = Object.fromEntries(
            lines.map(line => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
          )
          return { ...fields, data: JSON.parse(fields.data!) }
        }
        const { value, done } = await reader.read()
        if (done) return undefined
        text += value
      }
    },
    close: () => controller.abort(),
  }
}
