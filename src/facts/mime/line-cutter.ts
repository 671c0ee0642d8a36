const LF = 0x0a
const DASH = 0x2d
/** A boundary has at most 70 characters (RFC 2046, 5.1.1); a field may be long. */
const longestLine = 128 * 1024

/** Who reads what has been cut. */
export interface CutReader {
  /** Whether every line matters now. */
  readonly readsLines: boolean
  /** A line with its end, which is missing only when it is too long or the last. */
  line(line: Buffer): void
  /** Any number of lines, or a piece of one. */
  block(bytes: Buffer): void
}

/** Cuts a message into lines where they matter, in headers and where a boundary may be, and into large blocks elsewhere. */
export class LineCutter {
  #rest: Buffer = Buffer.alloc(0)
  #isLineStart = true
  readonly #reader: CutReader

  constructor(reader: CutReader) {
    this.#reader = reader
  }

  push(piece: Buffer): void {
    let bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece])
    for (let taken = this.#take(bytes); taken > 0; taken = this.#take(bytes)) bytes = bytes.subarray(taken)
    this.#rest = bytes
  }

  end(): void {
    if (this.#rest.length > 0) this.#reader.line(this.#rest)
    this.#rest = Buffer.alloc(0)
  }

  /** How much of the bytes has been read. What is not yet a whole line waits for more. */
  #take(bytes: Buffer): number {
    if (bytes.length === 0) return 0
    const mayBeBoundary = this.#isLineStart && bytes[0] === DASH && (bytes.length === 1 || bytes[1] === DASH)
    if (!this.#reader.readsLines && !mayBeBoundary) return this.#takeBlock(bytes)

    const end = bytes.indexOf(LF) + 1
    if (end === 0 && bytes.length <= longestLine) return 0
    const line = end === 0 ? bytes : bytes.subarray(0, end)
    this.#isLineStart = end > 0
    this.#reader.line(line)
    return line.length
  }

  #takeBlock(bytes: Buffer): number {
    const next = bytes.indexOf('\n--', 0, 'latin1')
    // Its second dash may be in the next piece.
    const end = next === -1 && bytes.at(-2) === LF && bytes.at(-1) === DASH ? bytes.length - 2 : next
    const block = end === -1 ? bytes : bytes.subarray(0, end + 1)
    this.#isLineStart = block.at(-1) === LF
    this.#reader.block(block)
    return block.length
  }
}
