/** Nothing was sent, or what was found is not what was wanted; `code` is stable. */
export class DeployFailure extends Error {
  readonly code: 'config_invalid' | 'chain_mismatch' | 'config_changed' | 'deployment_failed' | 'verification_failed'
  readonly details: readonly string[]

  constructor(code: DeployFailure['code'], details: readonly string[], options?: ErrorOptions) {
    super(`${code}\n${details.map(detail => `  ${detail}`).join('\n')}`, options)
    this.code = code
    this.details = details
  }
}
