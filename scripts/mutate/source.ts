import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file with a character for each byte, because the compiler counts bytes. */
export const readBytes = (root: string, file: string): string => readFileSync(join(root, file), 'latin1')

export const asText = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8')

export const readText = (root: string, file: string): string => asText(readBytes(root, file))
