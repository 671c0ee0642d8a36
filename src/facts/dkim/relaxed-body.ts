import { bytes, type CanonicalBody, crlf, type Sink, writeLineEnds } from './canonical-body.ts'

const { tab, lf, cr, space } = bytes

const mostBytes = 64 * 1024
/** A byte makes at most two, and may bring a space and a CR with it that were held back. All share it: it is empty between two calls. */
const output = Buffer.allocUnsafeSlow(2 * mostBytes + 4)

/**
 * The relaxed form of a body (RFC 6376, 3.4.4): white space within a line is one space, at its end it is nothing, and so are
 * empty lines at the end of the body. An LF alone ends a line, a CR alone does not.
 */
export class RelaxedBody implements CanonicalBody {
  readonly #sink: Sink
  // What is held back, in this order, until it is known what follows.
  #lineEnds = 0
  /** As many of them are from earlier pieces, and may be more than there is room for. */
  #earlier = 0
  #isSpace = false
  #isCr = false
  #isEmpty = true
  #length = 0

  constructor(sink: Sink) {
    this.#sink = sink
  }

  write(input: Buffer): void {
    for (let start = 0; start < input.length; start += mostBytes) this.#writePiece(input.subarray(start, start + mostBytes))
  }

  end(): void {
    if (this.#isCr) this.#put(cr)
    this.#flush()
    if (!this.#isEmpty) this.#sink(crlf)
  }

  #writePiece(input: Buffer): void {
    this.#earlier = this.#lineEnds
    for (let at = 0; at < input.length; ) {
      if (this.#lineEnds === 0 && !this.#isSpace && !this.#isCr) {
        const end = copyPlain(input, at, this.#length)
        this.#length += end - at
        at = end
      }
      if (at < input.length) this.#take(input[at++] as number) // It is inside.
    }
    this.#flush()
  }

  #take(byte: number): void {
    if (byte === lf) {
      this.#lineEnds++
      this.#isSpace = false
      this.#isCr = false
      return
    }
    if (this.#isCr) this.#put(cr)
    this.#isCr = byte === cr
    if (byte === space || byte === tab) this.#isSpace = true
    else if (byte !== cr) this.#put(byte)
  }

  /** What is held back is in front of it. */
  #put(byte: number): void {
    if (this.#lineEnds > 0) this.#putLineEnds()
    if (this.#isSpace) output[this.#length++] = space
    this.#isSpace = false
    output[this.#length++] = byte
  }

  #putLineEnds(): void {
    if (this.#earlier > 0) {
      this.#flush()
      this.#isEmpty = false
      writeLineEnds(this.#sink, this.#earlier)
    }
    for (let left = this.#lineEnds - this.#earlier; left > 0; left--) {
      output[this.#length++] = cr
      output[this.#length++] = lf
    }
    this.#earlier = 0
    this.#lineEnds = 0
  }

  #flush(): void {
    if (this.#length === 0) return
    this.#isEmpty = false
    this.#sink(output.subarray(0, this.#length))
    this.#length = 0
  }
}

/**
 * Copies what is as it should be, which is most of any message, and answers where it ends. Everything here is a plain loop:
 * what a search of a Buffer could find stands every five bytes in a text.
 */
function copyPlain(input: Buffer, from: number, to: number): number {
  const ahead = to - from
  const end = input.length
  let at = from
  while (at < end) {
    const byte = input[at] as number // It is inside, and behind the end there is nothing that is more than a space.
    if (byte > space) output[ahead + at++] = byte
    else if (byte === space && (input[at + 1] as number) > space) output[ahead + at++] = byte
    else if (byte === cr && input[at + 1] === lf && (input[at + 2] as number) > space) {
      output[ahead + at++] = cr
      output[ahead + at++] = lf
    } else break
  }
  return at
}
