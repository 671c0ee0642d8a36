const [LF, CR, SPACE, TAB, DASH] = [0x0a, 0x0d, 0x20, 0x09, 0x2d] as const

/** What a boundary line says: another part of this multipart begins, or there are no more. */
export interface BoundaryMark {
  /** Which of the multiparts it belongs to, from the outermost. */
  readonly at: number
  readonly isLast: boolean
}

/** What stands in a boundary line behind its dashes (RFC 2046, 5.1.1), byte by byte (latin1); nothing, when the line is none. */
export function boundaryIn(line: Buffer): string | undefined {
  if (line[0] !== DASH || line[1] !== DASH) return undefined
  const last = line.findLastIndex(byte => byte !== LF && byte !== CR && byte !== SPACE && byte !== TAB)
  return line.toString('latin1', 2, last + 1)
}

/** The marks of multiparts that are within each other, by their text. Of two that are the same the inner one counts. */
export function boundaryMarks(boundaries: readonly (string | undefined)[]): ReadonlyMap<string, BoundaryMark> {
  const marks = new Map<string, BoundaryMark>()
  for (const [at, boundary] of boundaries.entries()) {
    if (boundary === undefined) continue
    marks.set(boundary, { at, isLast: false })
    marks.set(`${boundary}--`, { at, isLast: true })
  }
  return marks
}
