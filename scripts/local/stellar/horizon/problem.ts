const types = 'https://stellar.org/horizon-errors/'

/** An answer that is not a success, as Horizon shapes it: a type URL, a title, `extras`. */
export class HorizonProblem extends Error {
  readonly status: number
  readonly type: string
  readonly title: string
  readonly extras: Readonly<Record<string, unknown>> | undefined

  constructor(status: number, type: string, title: string, detail: string, extras?: Record<string, unknown>) {
    super(detail)
    this.name = 'HorizonProblem'
    this.status = status
    this.type = type
    this.title = title
    this.extras = extras
  }
}

export const problemBody = ({ status, type, title, message, extras }: HorizonProblem) => ({
  type: `${types}${type}`,
  title,
  status,
  detail: message,
  ...(extras ? { extras } : {}),
})

export const notFound = () =>
  new HorizonProblem(404, 'not_found', 'Resource Missing', 'There is no such resource, or no data for these parameters.')

export const badRequest = (field: string, reason: string) =>
  new HorizonProblem(400, 'bad_request', 'Bad Request', 'The request is invalid in some way.', {
    invalid_field: field,
    reason,
  })

export const beforeHistory = () =>
  new HorizonProblem(
    410,
    'before_history',
    'Data Requested Is Before Recorded History',
    'This Horizon keeps recent history only.',
  )

export const submissionTimeout = (hash: string, envelope: string) =>
  new HorizonProblem(
    504,
    'transaction_submission_timeout',
    'Transaction Submission Timeout',
    'The submission timed out. That does not mean that it failed: look for the hash.',
    { hash, envelope_xdr: envelope },
  )

export const serverError = (detail: string) => new HorizonProblem(500, 'server_error', 'Internal Server Error', detail)
