import { HeaderMeter } from './header-meter.ts'
import type { Limits } from './limits.ts'
import { LineMeter } from './line-meter.ts'

/** What is wrong with a message, whatever it says. */
export type DataFault =
  | 'too-big'
  | 'nul'
  | 'bare-cr'
  | 'bare-lf'
  | 'header-too-big'
  | 'too-many-fields'
  | 'field-too-long'
  | 'begins-with-space'
  | 'line-too-long'

type DataLimits = Pick<Limits, 'messageBytes' | 'slackBytes' | 'lineBytes' | 'headerBytes' | 'headerFields' | 'continuationLines'>

const crlf = Buffer.from('\r\n')
const endOfData = Buffer.from('\r\n.\r\n')
const nothing = Buffer.alloc(0)
const NUL = 0

// Searches inside the regular expression engine; each position is looked at once. The two together are three times as fast
// as either of them alone (`npm run bench:data-parser`), so which of them it was is asked only when there was one.
const bareEither = /\r(?!\n)|(?<!\r)\n/
const bareCarriageReturn = /\r(?!\n)/
const bareLineFeed = /(?<!\r)\n/
const bareLineEnd = /\r(?!\n)|(?<!\r)\n/g
const stuffedDot = /\r\n\./g

/**
 * Reads what follows DATA (RFC 5321, 4.5.2): hands on the message without its dot-stuffing, and finds its end,
 * which is CRLF.CRLF and nothing else. A CR or LF that stands alone is a fault, because the next hop might see
 * an end of data there (SMTP smuggling), unless it is to be repaired. How the network has cut the bytes makes no difference.
 */
export class DataParser {
  readonly #limits: DataLimits
  readonly #repair: boolean
  readonly #emit: (content: Buffer) => void
  readonly #lines: LineMeter
  readonly #header: HeaderMeter
  readonly #faults = new Set<DataFault>()
  /** Bytes that may turn out to be the start of the end. The first line starts as if behind another one, */
  #carry: Buffer = crlf
  /** whose line end is no part of the message. */
  #skip = crlf.length
  #size = 0
  #received = 0

  constructor(limits: DataLimits, lineEnds: 'strict' | 'repair', emit: (content: Buffer) => void) {
    this.#limits = limits
    this.#repair = lineEnds === 'repair'
    this.#emit = emit
    this.#lines = new LineMeter(limits.lineBytes)
    this.#header = new HeaderMeter(limits)
  }

  /** Grows until the end. Once there is one, nothing more is handed on. */
  get faults(): ReadonlySet<DataFault> {
    return this.#faults
  }

  /** So many bytes have come that there is no point in waiting for the end. */
  get isHopeless(): boolean {
    return this.#received > this.#limits.messageBytes + this.#limits.slackBytes
  }

  /** Takes the next bytes. Answers with what stands behind the end of the data, once that has come. */
  write(chunk: Buffer): Buffer | undefined {
    this.#received += chunk.length
    const bytes = this.#carry.length ? Buffer.concat([this.#carry, chunk]) : chunk
    const end = bytes.indexOf(endOfData)
    if (end !== -1) {
      this.#take(bytes.subarray(0, end + crlf.length))
      return bytes.subarray(end + endOfData.length)
    }
    const sure = bytes.length - possibleEnd(bytes)
    this.#take(bytes.subarray(0, sure))
    // A copy, lest four bytes keep the whole chunk in memory.
    this.#carry = sure < bytes.length ? Buffer.from(bytes.subarray(sure)) : nothing
    return undefined
  }

  /** Bytes that never end between a CR and its LF: what can be the start of the end is carried over. */
  #take(bytes: Buffer): void {
    if (!bytes.length) return
    const content = this.#decode(bytes).subarray(this.#skip)
    this.#skip = 0
    this.#size += content.length
    this.#measure(content)
    if (!this.#faults.size && content.length) this.#emit(content)
  }

  #decode(bytes: Buffer): Buffer {
    if (bytes.includes(NUL)) this.#faults.add('nul')
    // Latin-1 keeps each byte as it is, and lets the search for line ends run outside of JavaScript.
    const text = bytes.toString('latin1')
    const plain = text.replace(stuffedDot, '\r\n')
    const whole = this.#withoutBareLineEnds(text, plain)
    return whole === text ? bytes : Buffer.from(whole, 'latin1')
  }

  #withoutBareLineEnds(received: string, content: string): string {
    if (this.#repair) return content.replace(bareLineEnd, '\r\n')
    if (!bareEither.test(received)) return content
    if (bareCarriageReturn.test(received)) this.#faults.add('bare-cr')
    if (bareLineFeed.test(received)) this.#faults.add('bare-lf')
    return content
  }

  #measure(content: Buffer): void {
    if (this.#size > this.#limits.messageBytes) this.#faults.add('too-big')
    this.#lines.add(content)
    if (this.#lines.isExceeded) this.#faults.add('line-too-long')
    const header = this.#header.add(content)
    if (header) this.#faults.add(header)
  }
}

/** How many bytes at the end may be the start of CRLF.CRLF. */
function possibleEnd(bytes: Buffer): number {
  const from = Math.max(0, bytes.length - endOfData.length + 1)
  for (let start = from; start < bytes.length; start++) {
    if (bytes.compare(endOfData, 0, bytes.length - start, start) === 0) return bytes.length - start
  }
  return 0
}
