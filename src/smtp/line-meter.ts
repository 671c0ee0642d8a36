const LF = 0x0a

/** Measures the lines of a message as it comes in, with their line ends. */
export class LineMeter {
  readonly #limit: number
  /** Of the line that has not ended yet. */
  #length = 0
  #exceeded = false

  constructor(limit: number) {
    this.#limit = limit
  }

  get isExceeded(): boolean {
    return this.#exceeded
  }

  add(content: Buffer): void {
    // Between two line ends of a slice no line is longer than the limit, so only its ends need a look.
    for (let start = 0; start < content.length && !this.#exceeded; start += this.#limit) {
      this.#addSlice(content.subarray(start, start + this.#limit))
    }
  }

  #addSlice(slice: Buffer): void {
    const first = slice.indexOf(LF)
    this.#length += first === -1 ? slice.length : first + 1
    if (this.#length > this.#limit) this.#exceeded = true
    if (first === -1) return
    this.#length = slice.length - slice.lastIndexOf(LF) - 1
  }
}
