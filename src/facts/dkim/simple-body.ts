import { bytes, type CanonicalBody, crlf, type Sink, writeLineEnds } from './canonical-body.ts'

const { lf, cr } = bytes

/**
 * The simple form of a body (RFC 6376, 3.4.3): as it is, but with one line end at its end. An LF alone ends a line too; in a
 * message on the wire there is none.
 */
export class SimpleBody implements CanonicalBody {
  readonly #sink: Sink
  // What is held back, in this order, until it is known what follows.
  #lineEnds = 0
  #isCr = false

  constructor(sink: Sink) {
    this.#sink = sink
  }

  write(input: Buffer): void {
    const lines = hasBareLf(input, this.#isCr) ? withoutBareLf(input, this.#isCr) : input
    const start = this.#isCr && lines.length > 0 ? this.#join(lines) : 0
    const last = lines.length - 1
    const end = last >= start && lines[last] === cr ? last : lines.length
    const contentEnd = withoutLineEnds(lines, start, end)
    if (contentEnd > start) {
      this.#release()
      this.#sink(lines.subarray(start, contentEnd))
    }
    this.#lineEnds += (end - Math.max(contentEnd, start)) / 2
    this.#isCr ||= end < lines.length
  }

  end(): void {
    if (this.#isCr) this.#releaseCr()
    this.#sink(crlf)
  }

  /** A CR at the end of the piece before: half of a line end, or a byte like others. Answers where the rest begins. */
  #join(lines: Buffer): number {
    this.#isCr = false
    if (lines[0] === lf) {
      this.#lineEnds++
      return 1
    }
    this.#releaseCr()
    return 0
  }

  #releaseCr(): void {
    this.#release()
    this.#sink(crlf.subarray(0, 1))
  }

  #release(): void {
    writeLineEnds(this.#sink, this.#lineEnds)
    this.#lineEnds = 0
  }
}

function withoutLineEnds(lines: Buffer, start: number, end: number): number {
  let at = end
  while (at - 2 >= start && lines[at - 1] === lf && lines[at - 2] === cr) at -= 2
  return at
}

function hasBareLf(input: Buffer, isAfterCr: boolean): boolean {
  let before: number = isAfterCr ? cr : lf
  for (let at = 0; at < input.length; at++) {
    const byte = input[at] as number // It is inside.
    if (byte === lf && before !== cr) return true
    before = byte
  }
  return false
}

function withoutBareLf(input: Buffer, isAfterCr: boolean): Buffer {
  const output = Buffer.allocUnsafeSlow(2 * input.length)
  let before: number = isAfterCr ? cr : lf
  let length = 0
  for (let at = 0; at < input.length; at++) {
    const byte = input[at] as number // It is inside.
    if (byte === lf && before !== cr) output[length++] = cr
    output[length++] = byte
    before = byte
  }
  return output.subarray(0, length)
}
