import type { FileHandle } from 'node:fs/promises'
import { type Field, parseHeader } from '../mail/header.ts'
import { firstField, type Message } from '../mail/message.ts'

const readBytes = 64 * 1024

/** A message that waits on disk. It can be read as long as the one who keeps the file has not closed it. */
export class FileMessage implements Message {
  readonly size: number
  readonly #file: FileHandle
  readonly #head: readonly Buffer[]
  #fields: readonly Field[] | undefined

  constructor(file: FileHandle, { size, head }: { readonly size: number; readonly head: readonly Buffer[] }) {
    this.#file = file
    this.size = size
    this.#head = head
  }

  get fields(): readonly Field[] {
    this.#fields ??= parseHeader(this.#head)
    return this.#fields
  }

  header(name: string): string | undefined {
    return firstField(this.fields, name)
  }

  async *chunks(): AsyncGenerator<Buffer> {
    for (let position = 0; position < this.size; ) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(readBytes, this.size - position))
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, position)
      if (bytesRead === 0) throw new Error(`A message of ${this.size} bytes ends after ${position} in its file`)
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }
}
