import { readdirSync, rmSync, statSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { headerLimits } from '../../mail/header.ts'
import { MemoryMessage, type Message } from '../../mail/message.ts'
import { syncFolder, writeDurably } from '../../relay/durable-file.ts'
import { FiledMessage } from './filed-message.ts'

const orphanMs = 3_600_000

/** The larger messages of a queue, a file each. A file that no row names is nothing: it came before its row, or stayed behind it. */
export class ContentFolder {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Writes a message down, on the disk with its name. */
  async write(id: string, message: Message): Promise<void> {
    const path = this.#path(id)
    try {
      await writeDurably({ path, content: message.chunks(), mode: 0o600 })
    } catch (error) {
      // What is of the same name is another message: it must not be removed.
      if (!isCode(error, 'EEXIST')) this.remove(id)
      throw error
    }
    await syncFolder(this.#folder)
  }

  /** A message, of which only the beginning is read until it is asked for the rest. If it is lost, that shows then. */
  async read(id: string, size: number): Promise<Message> {
    try {
      return await this.#read(this.#path(id), size)
    } catch {
      return new FiledMessage(this.#path(id), { size, head: Buffer.alloc(0) })
    }
  }

  remove(id: string): void {
    rmSync(this.#path(id), { force: true })
  }

  async #read(path: string, size: number): Promise<Message> {
    if (size <= headerLimits.bytes) return new MemoryMessage(await readFile(path))
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headerLimits.bytes), 0, headerLimits.bytes, 0)
      return new FiledMessage(path, { size, head: buffer.subarray(0, bytesRead) })
    } finally {
      await file.close()
    }
  }

  /** Removes the files of no message, unless one of them may be about to become one. */
  sweep(isKnown: (id: string) => boolean): void {
    for (const id of readdirSync(this.#folder)) {
      if (isKnown(id)) continue
      const file = statSync(this.#path(id), { throwIfNoEntry: false })
      if (file && Date.now() - file.mtimeMs > orphanMs) this.remove(id)
    }
  }

  #path(id: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,99}$/.test(id)) throw new Error(`An id must be fit for a path, found ${JSON.stringify(id)}`)
    return join(this.#folder, id)
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
