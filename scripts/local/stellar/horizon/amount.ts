/** Stroops as Horizon writes them: a decimal string with all seven decimals. */
export const decimal = (stroops: bigint): string => {
  const digits = String(stroops < 0n ? -stroops : stroops).padStart(8, '0')
  return `${stroops < 0n ? '-' : ''}${digits.slice(0, -7)}.${digits.slice(-7)}`
}
