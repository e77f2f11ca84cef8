/** An answer that is not a success, in the shape of RFC 9457 with a stable `code`. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, detail: string, headers: Record<string, string> = {}) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export const problemBody = ({ status, code, message }: Problem) => ({
  type: 'about:blank',
  title: code.replaceAll('_', ' '),
  status,
  code,
  detail: message,
})
