import type { MessageTrace } from '../engine/trace.ts'
import type { Field } from '../mail/header.ts'
import type { Message } from '../mail/message.ts'
import { NotRecorded } from './tape.ts'

/** A message of which only its trace is left: who asks for more cannot judge. */
export class RecordedMessage implements Message {
  readonly size: number
  readonly #known: Readonly<Record<string, string | undefined>>

  constructor({ size, from, subject, messageId }: MessageTrace) {
    this.size = size
    this.#known = { from, subject, 'message-id': messageId }
  }

  get fields(): readonly Field[] {
    throw new NotRecorded('the header of the message')
  }

  header(name: string): string | undefined {
    const field = name.toLowerCase()
    if (!(field in this.#known)) throw new NotRecorded(`the header field ${field}`)
    return this.#known[field]
  }

  chunks(): Iterable<Buffer> {
    throw new NotRecorded('the message')
  }
}
