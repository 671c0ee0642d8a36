import { createReadStream } from 'node:fs'
import { type Field, parseHeader } from '../../mail/header.ts'
import { firstField, type Message } from '../../mail/message.ts'

const readBytes = 64 * 1024

/** A large message in the queue, of which only the beginning is in memory. It can be read until its last recipient is settled. */
export class FiledMessage implements Message {
  readonly size: number
  readonly #path: string
  readonly #head: Buffer
  #fields: readonly Field[] | undefined

  constructor(path: string, { size, head }: { readonly size: number; readonly head: Buffer }) {
    this.#path = path
    this.size = size
    this.#head = head
  }

  get fields(): readonly Field[] {
    this.#fields ??= parseHeader([this.#head])
    return this.#fields
  }

  header(name: string): string | undefined {
    return firstField(this.fields, name)
  }

  async *chunks(): AsyncGenerator<Buffer> {
    let bytes = 0
    for await (const chunk of createReadStream(this.#path, { highWaterMark: readBytes })) {
      bytes += chunk.length
      yield chunk
    }
    if (bytes !== this.size) throw new Error(`A message of ${this.size} bytes has ${bytes} in the queue`)
  }
}
