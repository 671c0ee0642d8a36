import { setImmediate } from 'node:timers/promises'
import { defineFact } from '../engine/fact.ts'
import type { Message } from '../mail/message.ts'
import type { FileKind } from './mime/file-kind.ts'
import { Gate } from './mime/gate.ts'
import { PartReader } from './mime/part-reader.ts'
import { Reading } from './mime/reading.ts'

/** What the parts of a message are (RFC 2045 to 2049). */
export interface MimeFinding {
  /**
   * `too-complex`: it has more parts than honest mail, or deeper ones, or longer headers; what was found before that is
   * here. `too-big`: it was not read.
   */
  readonly status: 'parsed' | 'too-complex' | 'too-big'
  /** All of them, those that hold others and those of messages inside included. */
  readonly parts: number
  /** What is more than the text of the message, wherever it stands: messages inside, and what they hold, too. */
  readonly attachments: readonly {
    /** The file name, decoded, without invisible characters, at most 255 long; empty when there is none. */
    readonly name: string
    /** More names, when the header is not in agreement with itself. */
    readonly otherNames?: readonly string[]
    /** The media type that it claims to have, in lower case. */
    readonly type: string
    /** `attachment` or `inline`; empty when there is none. */
    readonly disposition: string
    /** Decoded. */
    readonly bytes: number
    /** What it is by its own first bytes: `executable`, `zip`, `rar`, `7z`, `iso` … */
    readonly looksLike?: FileKind
    /** There if it is an archive, by its bytes or by its name. */
    readonly archive?: {
      /** What is in it, when it is a ZIP archive. Of very many, one with each extension comes first. */
      readonly names: readonly string[]
      /** No extension is missing among the names. Never so for an archive that is not ZIP. */
      readonly isComplete: boolean
      /** Something in it needs a password, as far as this is known: of ZIP archives only. */
      readonly isEncrypted: boolean
    }
  }[]
}

const mostBytes = 50 * 1024 * 1024

/** Between two pieces of a message others are served. */
const pieceBytes = 64 * 1024

const gate = new Gate(2)

/** The parts and attachments of the message, and what is in its ZIP archives. */
export const mime = defineFact({
  name: 'mime',
  since: 'message',
  costly: true,
  timeoutMs: 60_000,
  async find({ message }, look): Promise<MimeFinding> {
    if (message.size > mostBytes) return { status: 'too-big', parts: 0, attachments: [] }
    const { isTooComplex, parts, attachments } = await gate.pass(() => read(message, look.signal))
    return { status: isTooComplex ? 'too-complex' : 'parsed', parts, attachments }
  },
})

async function read(message: Message, signal: AbortSignal): Promise<Reading> {
  const reading = new Reading()
  const reader = new PartReader(reading)
  for await (const chunk of message.chunks()) {
    for (let start = 0; start < chunk.length && !reading.isTooComplex; start += pieceBytes) {
      signal.throwIfAborted()
      reader.push(chunk.subarray(start, start + pieceBytes))
      await setImmediate()
    }
  }
  reader.end()
  return reading
}
