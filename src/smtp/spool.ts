import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { headerLimits } from '../mail/header.ts'
import { MemoryMessage, type Message } from '../mail/message.ts'
import { FileMessage } from './file-message.ts'

export interface SpoolOptions {
  /** Where the temporary file goes when a message is large. */
  readonly directory: string
  readonly memoryBytes: number
  /** What is kept at this moment. */
  readonly counts?: SpoolCounts
}

interface SpoolCounts {
  spoolBytes: number
  spoolFiles: number
}

/** Pieces smaller than this are gathered, lest a message that trickles in costs a hundred times its size. */
const smallBytes = 512
const blockBytes = 4096
/** The disk is not troubled for less. */
const writtenBytes = 16 * 1024

/** Keeps a message while it comes in: in memory, and from some size on in a file that nobody else can see. */
export class Spool {
  readonly #options: SpoolOptions
  readonly #counts: SpoolCounts
  #chunks: Buffer[] = []
  /** The last of the chunks, when it has room for more small pieces. */
  #block: Buffer | undefined
  #blockUsed = 0
  #head: readonly Buffer[] = []
  #inMemory = 0
  #size = 0
  #file: FileHandle | undefined
  #writing: Promise<void> | undefined
  #error: unknown
  #discarded = false

  constructor(options: SpoolOptions) {
    this.#options = options
    this.#counts = options.counts ?? { spoolBytes: 0, spoolFiles: 0 }
  }

  /** Why the message could not be kept: a full disk, usually. */
  get error(): unknown {
    return this.#error
  }

  /** Takes the next piece. Answers with a promise when the sender should wait until the disk has caught up; it never rejects. */
  write(piece: Buffer): Promise<void> | undefined {
    if (this.#discarded || this.#error) return undefined
    this.#size += piece.length
    this.#counts.spoolBytes += piece.length
    this.#inMemory += piece.length
    this.#keep(piece)
    if (this.#size <= this.#options.memoryBytes || (this.#file && this.#inMemory < writtenBytes)) return undefined
    return this.#flush()
  }

  /** The message, complete. Undefined when it could not be kept. */
  async finish(): Promise<Message | undefined> {
    this.#seal()
    if (!this.#file && !this.#writing) return this.#discarded ? undefined : new MemoryMessage(...this.#chunks)
    await this.#flush()
    if (this.#error || !this.#file) return undefined
    return new FileMessage(this.#file, { size: this.#size, head: this.#head })
  }

  /** Gives everything back. */
  async discard(): Promise<void> {
    if (!this.#discarded) this.#counts.spoolBytes -= this.#size
    this.#discarded = true
    this.#chunks = []
    this.#block = undefined
    await this.#writing
    const file = this.#file
    this.#file = undefined
    if (file) this.#counts.spoolFiles--
    await file?.close().catch(() => {}) // it has no name any more: nothing is left behind
  }

  #keep(piece: Buffer): void {
    if (piece.length >= smallBytes) {
      this.#seal()
      this.#chunks.push(piece)
      return
    }
    if (!this.#block || this.#blockUsed + piece.length > blockBytes) {
      this.#seal()
      this.#block = Buffer.allocUnsafeSlow(blockBytes)
      this.#blockUsed = 0
    }
    this.#blockUsed += piece.copy(this.#block, this.#blockUsed)
  }

  #seal(): void {
    if (this.#block) this.#chunks.push(this.#block.subarray(0, this.#blockUsed))
    this.#block = undefined
  }

  /** One write at a time, in order. */
  #flush(): Promise<void> {
    this.#writing = (this.#writing ?? Promise.resolve()).then(() => this.#writeOut())
    return this.#writing
  }

  async #writeOut(): Promise<void> {
    this.#seal()
    const chunks = this.#chunks
    if (!chunks.length || this.#discarded || this.#error) return
    if (!this.#head.length) this.#head = beginning(chunks)
    this.#chunks = []
    this.#inMemory = 0
    try {
      if (!this.#file) {
        this.#file = await openUnseen(this.#options.directory)
        this.#counts.spoolFiles++
      }
      await writeAll(this.#file, chunks)
    } catch (error) {
      this.#error = error
    }
  }
}

/** As much of the message as can hold its header section. */
function beginning(chunks: readonly Buffer[]): Buffer[] {
  const head: Buffer[] = []
  for (let length = 0; length < headerLimits.bytes; length += head.at(-1)?.length ?? 0) {
    const chunk = chunks[head.length]
    if (!chunk) break
    head.push(chunk)
  }
  return head
}

/** A file without a name: it is gone when we are, whatever happens. */
async function openUnseen(directory: string): Promise<FileHandle> {
  const path = join(directory, `postern-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600)
  await unlink(path)
  return file
}

async function writeAll(file: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  let rest = chunks
  while (rest.length) {
    const { bytesWritten } = await file.writev(rest)
    rest = behind(rest, bytesWritten)
  }
}

function behind(chunks: readonly Buffer[], bytes: number): Buffer[] {
  let left = bytes
  return chunks.flatMap(chunk => {
    const written = Math.min(left, chunk.length)
    left -= written
    return written < chunk.length ? [chunk.subarray(written)] : []
  })
}
