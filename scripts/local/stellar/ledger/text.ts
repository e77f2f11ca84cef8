/** ASCII without control characters: what core takes for names of data and home domains. */
export const isPlainText = (bytes: Uint8Array): boolean => bytes.every(byte => byte >= 0x20 && byte < 0x7f)
