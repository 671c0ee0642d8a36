import { attachmentOf, readAttachment } from './attachment.ts'
import { type BoundaryMark, boundaryIn, boundaryMarks } from './boundary.ts'
import { type CutReader, LineCutter } from './line-cutter.ts'
import { PartContent } from './part-content.ts'
import { type PartHeader, readPartHeader } from './part-header.ts'
import type { Reading } from './reading.ts'

const messageTypes = ['message/rfc822', 'message/global']
const notUtf8 = Buffer.from('\ufffd').toString('latin1')
/** The line end that belongs to the boundary behind a part (RFC 2046, 5.1.1). */
const lineEndBytes = 2
const [LF, CR] = [0x0a, 0x0d] as const

/** A multipart, or a message within the message, that has not ended yet. */
interface Open {
  readonly boundary?: string
  /** What its parts are when they do not say (RFC 2046, 5.1.5). */
  readonly partType: string
  readonly startedAt: number
  /** Where a message stands among the attachments. */
  readonly attachment?: { readonly at: number; readonly header: PartHeader }
}

/** A part that has no parts. */
interface Leaf {
  readonly header: PartHeader
  readonly content: PartContent
  /** Reads the message that it holds in an encoding. */
  readonly inner?: PartReader
}

/**
 * Reads the parts of a message, piece by piece. Only their headers, and the beginning and the end of one body at a time,
 * are in memory.
 */
export class PartReader implements CutReader {
  readonly #reading: Reading
  readonly #outer: { readonly depth: number; readonly encodedMessages: number }
  readonly #cutter = new LineCutter(this)
  readonly #open: Open[] = []
  #marks: ReadonlyMap<string, BoundaryMark> = new Map()
  #header: Buffer[] | undefined
  #headerBytes = 0
  #leaf: Leaf | undefined
  #position = 0

  constructor(reading: Reading, outer = { depth: 0, encodedMessages: 0 }) {
    this.#reading = reading
    this.#outer = outer
    this.#startPart()
  }

  push(piece: Buffer): void {
    if (!this.#reading.isTooComplex) this.#cutter.push(piece)
  }

  end(): void {
    this.#cutter.end()
    this.#closeTo(0)
  }

  get readsLines(): boolean {
    return this.#header !== undefined
  }

  line(line: Buffer): void {
    if (this.#reading.isTooComplex) return
    const isBoundary = this.#passBoundary(line)
    this.#position += line.length
    if (isBoundary) return
    if (this.#header) this.#readHeader(this.#header, line)
    else this.#fill(line)
  }

  block(bytes: Buffer): void {
    this.#fill(bytes)
    this.#position += bytes.length
  }

  #fill(bytes: Buffer): void {
    const decoded = this.#leaf?.content.push(bytes)
    if (decoded) this.#leaf?.inner?.push(decoded)
  }

  get #depth(): number {
    return this.#outer.depth + this.#open.length
  }

  #startPart(): void {
    this.#reading.countPart({ ...this.#outer, depth: this.#depth })
    this.#header = []
    this.#headerBytes = 0
  }

  /** Ends a part, and perhaps begins another, if the line is a boundary. */
  #passBoundary(line: Buffer): boolean {
    if (this.#marks.size === 0) return false
    const mark = this.#marks.get(boundaryIn(line) ?? '')
    if (!mark) return false
    this.#closeTo(mark.at + 1)
    // Some programs go on reading behind the last boundary: it stays in force, and what follows counts.
    if (!mark.isLast) this.#startPart()
    return true
  }

  #readHeader(header: Buffer[], line: Buffer): void {
    this.#headerBytes += line.length
    this.#reading.countHeader(line.length, this.#headerBytes)
    if (line[0] === LF || (line[0] === CR && line[1] === LF)) this.#endHeader(header)
    else header.push(line)
  }

  #endHeader(lines: readonly Buffer[]): void {
    const header = readPartHeader(lines, this.#open.at(-1)?.partType ?? 'text/plain')
    this.#header = undefined
    if (header.boundary?.includes(notUtf8)) this.#reading.giveUp()
    if (header.type.startsWith('multipart/') && header.boundary) this.#openMultipart(header.type, header.boundary)
    else if (!messageTypes.includes(header.type)) this.#leaf = { header, content: new PartContent(header.encoding) }
    else if (/base64|quoted-printable/.test(header.encoding)) this.#leaf = this.#encodedMessage(header)
    else this.#openMessage(header)
  }

  #openMultipart(type: string, boundary: string): void {
    const partType = type === 'multipart/digest' ? 'message/rfc822' : 'text/plain'
    this.#open.push({ boundary, partType, startedAt: this.#position })
    this.#marks = boundaryMarks(this.#open.map(({ boundary }) => boundary))
  }

  #openMessage(header: PartHeader): void {
    // It stands before the attachments that it holds, but its size is known behind them.
    const at = this.#reading.add(attachmentOf(header, 0))
    this.#open.push({ partType: 'text/plain', startedAt: this.#position, attachment: { at, header } })
    this.#startPart()
  }

  /** RFC 2046, 5.2.1 does not allow it, RFC 6532 does, and mail programs read it. */
  #encodedMessage(header: PartHeader): Leaf {
    const outer = { depth: this.#depth + 1, encodedMessages: this.#outer.encodedMessages + 1 }
    return { header, content: new PartContent(header.encoding), inner: new PartReader(this.#reading, outer) }
  }

  #closeTo(depth: number): void {
    // A part may end before its header does.
    while (this.#header && !this.#reading.isTooComplex) this.#endHeader(this.#header)
    this.#endLeaf()
    if (this.#open.length === depth) return
    for (const { attachment, startedAt } of this.#open.splice(depth)) {
      const bytes = Math.max(0, this.#position - startedAt - lineEndBytes)
      if (attachment) this.#reading.replace(attachment.at, attachmentOf(attachment.header, bytes))
    }
    this.#marks = boundaryMarks(this.#open.map(({ boundary }) => boundary))
  }

  #endLeaf(): void {
    if (!this.#leaf) return
    const { header, content, inner } = this.#leaf
    this.#leaf = undefined
    inner?.push(content.end())
    inner?.end()
    const attachment = readAttachment(header, content, this.#reading.namesForNext)
    if (attachment) this.#reading.add(attachment)
  }
}
