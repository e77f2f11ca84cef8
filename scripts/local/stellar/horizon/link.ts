/** A HAL link to a path of this server; one with `{` in it is a template. */
export type Link = (path: string) => { readonly href: string; readonly templated?: true }

export const linksTo =
  (base: string): Link =>
  path => ({ href: `${base}${path}`, ...(path.includes('{') ? { templated: true as const } : {}) })

/** Unix seconds as Horizon writes time. */
export const isoTime = (seconds: number | bigint): string => new Date(Number(seconds) * 1_000).toISOString().replace('.000Z', 'Z')
