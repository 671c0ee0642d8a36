import { type TransferDecoder, transferDecoder } from './transfer-decoder.ts'

/** An ISO image says what it is behind 32 KiB. */
const headBytes = 33 * 1024
/** Enough for the directory of a ZIP archive of 20,000 files. */
const tailBytes = 2 * 1024 * 1024
const firstBytes = 4096

/** The decoded body of one part, of which only the beginning and the end are kept. */
export class PartContent {
  #size = 0
  #kept = Buffer.alloc(0)
  #length = 0
  #head: Buffer | undefined
  readonly #decoder: TransferDecoder
  readonly #isBinary: boolean

  constructor(encoding: string) {
    this.#decoder = transferDecoder(encoding)
    this.#isBinary = encoding.includes('base64')
  }

  /** In bytes, without the line end that belongs to the boundary behind it. */
  get size(): number {
    return !this.#isBinary && this.tail.subarray(-2).equals(lineEnd) ? this.#size - 2 : this.#size
  }

  get head(): Buffer {
    return this.#head ?? this.#kept.subarray(0, Math.min(this.#length, headBytes))
  }

  get tail(): Buffer {
    return this.#kept.subarray(Math.max(0, this.#length - tailBytes), this.#length)
  }

  push(piece: Buffer): Buffer {
    return this.#keep(this.#decoder.decode(piece))
  }

  end(): Buffer {
    return this.#keep(this.#decoder.end())
  }

  #keep(bytes: Buffer): Buffer {
    this.#size += bytes.length
    for (let start = 0; start < bytes.length; start += tailBytes) this.#append(bytes.subarray(start, start + tailBytes))
    return bytes
  }

  #append(bytes: Buffer): void {
    if (this.#length + bytes.length > 2 * tailBytes) this.#forget()
    const needed = this.#length + bytes.length
    if (needed > this.#kept.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(2 * tailBytes, Math.max(firstBytes, 2 * needed)))
      this.#kept.copy(larger, 0, 0, this.#length)
      this.#kept = larger
    }
    bytes.copy(this.#kept, this.#length)
    this.#length = needed
  }

  /** Lets go of what is neither the beginning nor the end. */
  #forget(): void {
    this.#head ??= Buffer.from(this.head)
    this.#kept.copyWithin(0, this.#length - tailBytes, this.#length)
    this.#length = tailBytes
  }
}

const lineEnd = Buffer.from('\r\n')
