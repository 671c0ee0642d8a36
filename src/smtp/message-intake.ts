import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import { EdgeCounts } from '../metrics/edge.ts'
import { DataParser } from './data-parser.ts'
import type { Edge } from './edge.ts'
import type { Limits } from './limits.ts'
import { faultLimit, faultReply, notStored, tooBig } from './replies.ts'
import { Spool } from './spool.ts'

/** What has come of some bytes: the message may be over, with other commands behind it, and the disk may need time. */
export interface Taken {
  /** What stands behind the end of the message. */
  readonly rest?: Buffer
  readonly wait?: Promise<void> | undefined
}

export type IntakeOptions = Pick<Edge, 'limits' | 'spoolDirectory'> &
  Partial<Pick<Edge, 'counts'>> & {
    /** From our own users and servers bare CR and LF are repaired; from strangers they are refused. */
    readonly isOurs: boolean
  }

/** One message on its way in, between 354 and the final dot. */
export class MessageIntake {
  readonly #parser: DataParser
  readonly #spool: Spool
  readonly #counts: EdgeCounts
  #wait: Promise<void> | undefined
  #isForgotten = false

  constructor({ isOurs, limits, spoolDirectory, counts = new EdgeCounts() }: IntakeOptions) {
    const lineEnds = isOurs ? 'repair' : 'strict'
    this.#counts = counts
    this.#spool = new Spool({ directory: spoolDirectory, memoryBytes: limits.memoryBytes, counts })
    this.#parser = new DataParser(limits, lineEnds, content => {
      this.#wait = this.#spool.write(content) ?? this.#wait
    })
  }

  /** The client sends and sends: there is no end to wait for. */
  get isHopeless(): boolean {
    return this.#parser.isHopeless
  }

  /** The limit that the message is over, as far as it has come. */
  get limit(): keyof Limits | undefined {
    return this.isHopeless ? 'slackBytes' : faultLimit(this.#parser.faults)
  }

  /** Takes the next bytes. Undefined when there is nothing to wait for and the message goes on. */
  write(chunk: Buffer): Taken | undefined {
    this.#wait = undefined
    const rest = this.#parser.write(chunk)
    // What will be refused need not be kept.
    if (this.#parser.faults.size) this.#forget()
    if (rest) return { rest, wait: this.#wait }
    return this.#wait && { wait: this.#wait }
  }

  /** The message, or why it is refused before anyone has read it. */
  async finish(): Promise<{ readonly message: Message } | { readonly refusal: Reply }> {
    for (const fault of this.#parser.faults) this.#counts.faults.add(fault)
    const refusal = this.isHopeless ? tooBig : faultReply(this.#parser.faults)
    if (refusal) return { refusal }
    const message = await this.#spool.finish()
    return message ? { message } : { refusal: { ...notStored, detail: String(this.#spool.error) } }
  }

  discard(): Promise<void> {
    return this.#spool.discard()
  }

  #forget(): void {
    if (!this.#isForgotten) void this.#spool.discard()
    this.#isForgotten = true
  }
}
