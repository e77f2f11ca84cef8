/** What a look from outside says of one law: it holds where there are no problems, and then `fine` tells of what was looked at. */
export type Finding = { readonly name: string; readonly problems: readonly string[]; readonly fine: string }
