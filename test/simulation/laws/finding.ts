import type { Evidence } from '../evidence.ts'

/** Which law was broken, and by what. */
export type Finding = { readonly law: string; readonly what: string }

/** Looks at a world that has come to rest. */
export type Law = (evidence: Evidence) => string[]
