/** Bytes of a message, from the first to the one behind the last. In order, and not overlapping. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** What remains of a chunk that begins at this place of the message. */
export function keep(chunk: Buffer, at: number, without: readonly Range[]): Buffer[] {
  const kept: Buffer[] = []
  let from = 0
  for (const { start, end } of without) {
    const [first, last] = [start - at, end - at]
    if (last <= from || first >= chunk.length) continue
    if (first > from) kept.push(chunk.subarray(from, first))
    from = Math.min(last, chunk.length)
  }
  if (from < chunk.length) kept.push(chunk.subarray(from))
  return kept
}
