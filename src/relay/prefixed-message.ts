import { type Field, parseHeader } from '../mail/header.ts'
import { firstField, type Message } from '../mail/message.ts'
import { keep, type Range } from '../mail/range.ts'

/**
 * A message with header fields put on top, and whole fields left out: the only two changes a relay makes (RFC 5321, 3.7.2).
 * Everything else is the original's own bytes; nothing is copied.
 */
export class PrefixedMessage implements Message {
  readonly size: number
  readonly #block: Buffer
  readonly #message: Message
  readonly #without: readonly Range[]
  #fields: readonly Field[] | undefined

  constructor(block: string, message: Message, without: readonly Range[] = []) {
    this.#block = Buffer.from(block)
    this.#message = message
    this.#without = without
    this.size = this.#block.length + message.size - length(without)
  }

  get fields(): readonly Field[] {
    this.#fields ??= [...parseHeader([this.#block]), ...this.#kept()]
    return this.#fields
  }

  header(name: string): string | undefined {
    return firstField(this.fields, name)
  }

  chunks(): Iterable<Buffer> | AsyncIterable<Buffer> {
    const chunks = this.#message.chunks()
    const { end = 0 } = this.#without.at(-1) ?? {}
    if (Symbol.asyncIterator in chunks) return this.#later(chunks, end)
    return this.#now(chunks, end)
  }

  *#now(chunks: Iterable<Buffer>, lastCut: number): Generator<Buffer> {
    yield this.#block
    let at = 0
    for (const chunk of chunks) {
      if (at >= lastCut) yield chunk
      else yield* keep(chunk, at, this.#without)
      at += chunk.length
    }
  }

  async *#later(chunks: AsyncIterable<Buffer>, lastCut: number): AsyncGenerator<Buffer> {
    yield this.#block
    let at = 0
    for await (const chunk of chunks) {
      if (at >= lastCut) yield chunk
      else yield* keep(chunk, at, this.#without)
      at += chunk.length
    }
  }

  #kept(): Field[] {
    const kept = this.#message.fields.filter(({ start }) => !this.#without.some(cut => cut.start === start))
    return kept.map(field => {
      const shift = this.#block.length - length(this.#without.filter(cut => cut.end <= field.start))
      return { ...field, start: field.start + shift, end: field.end + shift }
    })
  }
}

function length(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0)
}
