import type { Attachment } from './attachment.ts'

/** More than honest mail has of anything. */
const most = {
  parts: 1000,
  depth: 100,
  headerBytes: 128 * 1024,
  /** Of all parts together. */
  headersBytes: 2 * 1024 * 1024,
  /** Messages within messages that have to be decoded first. */
  encodedMessages: 3,
  /** Of files in archives. */
  names: 1000,
} as const

/** What has been found in a message so far, also in the messages within it. */
export class Reading {
  readonly #attachments: Attachment[] = []
  #parts = 0
  #headersBytes = 0
  #names = 0
  #isTooComplex = false

  get attachments(): readonly Attachment[] {
    return this.#attachments
  }

  get parts(): number {
    return this.#parts
  }

  /** Nothing more is to be read. */
  get isTooComplex(): boolean {
    return this.#isTooComplex
  }

  /** How many names of files the next archive may list: something is left for the one behind it. */
  get namesForNext(): number {
    return Math.ceil((most.names - this.#names) / 2)
  }

  giveUp(): void {
    this.#isTooComplex = true
  }

  countPart({ depth, encodedMessages }: { readonly depth: number; readonly encodedMessages: number }): void {
    this.#parts += 1
    if (this.#parts > most.parts || depth > most.depth || encodedMessages > most.encodedMessages) this.giveUp()
  }

  /** A header has become longer by so many bytes. */
  countHeader(bytes: number, headerBytes: number): void {
    this.#headersBytes += bytes
    if (headerBytes > most.headerBytes || this.#headersBytes > most.headersBytes) this.giveUp()
  }

  /** Where it stands among the others. */
  add(attachment: Attachment): number {
    this.#names += attachment.archive?.names.length ?? 0
    return this.#attachments.push(attachment) - 1
  }

  /** Of an attachment that others stand in, the size is known behind them. */
  replace(at: number, attachment: Attachment): void {
    this.#attachments[at] = attachment
  }
}
