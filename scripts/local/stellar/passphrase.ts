/** That of a quickstart which runs `--local`: what is configured for one fits the other. */
export const localPassphrase = 'Standalone Network ; February 2017'
