/**
 * What became of an external effect. Three, never two: a time-out is `unknown`, which only an explicit answer moves on.
 * `refused` means that nothing happened and nothing will.
 */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | Refused
  | { readonly kind: 'unknown'; readonly detail: string }

export type Refused = { readonly kind: 'refused'; readonly code: string; readonly detail: string }

export const done = <T>(value: T): Outcome<T> => ({ kind: 'done', value })
export const refused = (code: string, detail: string): Refused => ({ kind: 'refused', code, detail })
export const unknown = (detail: string): Outcome<never> => ({ kind: 'unknown', detail })
