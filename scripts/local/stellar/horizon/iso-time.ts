const last = 8_640_000_000_000n

/** Unix seconds as Horizon writes time; what lies beyond the calendar is its end. */
export const isoTime = (seconds: number | bigint): string => {
  const wanted = BigInt(seconds)
  const bounded = wanted > last ? last : wanted < -last ? -last : wanted
  return new Date(Number(bounded) * 1_000).toISOString().replace('.000Z', 'Z')
}
