import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { defineFact } from '../engine/fact.ts'
import type { Message } from '../mail/message.ts'
import { fileKinds } from './mime/file-kind.ts'
import { Gate } from './mime/gate.ts'
import { PartReader } from './mime/part-reader.ts'
import { Reading } from './mime/reading.ts'

const mimeFinding = z
  .strictObject({
    status: z
      .enum(['parsed', 'too-complex', 'too-big'])
      .describe(
        '`too-complex`: it has more parts than honest mail, or deeper ones, or longer headers; what was found before that is here. `too-big`: it was not read.',
      ),
    parts: z.int().describe('All of them, those that hold others and those of messages inside included.'),
    attachments: z
      .array(
        z
          .strictObject({
            name: z
              .string()
              .describe('The file name, decoded, without invisible characters, at most 255 long; empty when there is none.'),
            otherNames: z
              .array(z.string())
              .readonly()
              .exactOptional()
              .describe('More names, when the header is not in agreement with itself.'),
            type: z.string().describe('The media type that it claims to have, in lower case.'),
            disposition: z.string().describe('`attachment` or `inline`; empty when there is none.'),
            bytes: z.int().describe('Decoded.'),
            looksLike: z
              .enum(fileKinds)
              .exactOptional()
              .describe('What it is by its own first bytes: `executable`, `zip`, `rar`, `7z`, `iso` …'),
            archive: z
              .strictObject({
                names: z
                  .array(z.string())
                  .readonly()
                  .describe('What is in it, when it is a ZIP archive. Of very many, one with each extension comes first.'),
                isComplete: z
                  .boolean()
                  .describe('No extension is missing among the names. Never so for an archive that is not ZIP.'),
                isEncrypted: z
                  .boolean()
                  .describe('Something in it needs a password, as far as this is known: of ZIP archives only.'),
              })
              .readonly()
              .exactOptional()
              .describe('There if it is an archive, by its bytes or by its name.'),
          })
          .readonly(),
      )
      .readonly()
      .describe('What is more than the text of the message, wherever it stands: messages inside, and what they hold, too.'),
  })
  .readonly()

/** What the parts of a message are (RFC 2045 to 2049). */
export type MimeFinding = z.infer<typeof mimeFinding>

const mostBytes = 50 * 1024 * 1024

/** Between two pieces of a message others are served. */
const pieceBytes = 64 * 1024

const gate = new Gate(2)

/** The parts and attachments of the message, and what is in its ZIP archives. */
export const mime = defineFact({
  name: 'mime',
  since: 'message',
  schema: mimeFinding,
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
