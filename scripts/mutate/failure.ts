/** The run cannot be made. Exit code 2. */
export class MutateFailure extends Error {
  readonly code: 'arguments_invalid'
  constructor(code: MutateFailure['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
