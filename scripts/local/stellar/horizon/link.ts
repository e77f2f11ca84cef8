/** A HAL link to a path of this server; one with `{` in it is a template. */
export type Link = (path: string) => { readonly href: string; readonly templated?: true }

export const linksTo =
  (base: string): Link =>
  path => ({ href: `${base}${path}`, ...(path.includes('{') ? { templated: true as const } : {}) })
