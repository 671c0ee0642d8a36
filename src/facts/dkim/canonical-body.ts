/** Puts the body of a message into one of the forms that is hashed (RFC 6376, 3.4), piece by piece. */
export interface CanonicalBody {
  write(input: Buffer): void
  end(): void
}

/** Takes a piece of the canonical form. It is another one's memory: what is to be kept must be copied. */
export type Sink = (bytes: Buffer) => void

export const bytes = { tab: 0x09, lf: 0x0a, cr: 0x0d, space: 0x20 } as const

export const crlf = Buffer.from('\r\n')

const most = 4096
const manyLineEnds = Buffer.from('\r\n'.repeat(most))

/** Empty lines are held back until something follows them: they are only counted, for there may be millions. */
export function writeLineEnds(sink: Sink, count: number): void {
  for (let left = count; left > 0; left -= most) sink(manyLineEnds.subarray(0, 2 * Math.min(left, most)))
}
