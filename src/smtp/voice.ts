import type { Ending } from '../engine/trace.ts'
import type { CuttingLimit, EdgeCounts } from '../metrics/edge.ts'
import type { Attention } from './attention.ts'
import { deniedBy, farewells } from './replies.ts'
import { ReplyQueue } from './reply-queue.ts'
import type { Wire } from './wire.ts'
import type { WireReply } from './wire-reply.ts'

/** Says our replies to one client, until the last of them, which ends the connection. */
export class Voice {
  readonly #wire: Wire
  readonly #attention: Attention
  readonly #counts: EdgeCounts
  readonly #replies: ReplyQueue
  /** The reply at hand is the last one. */
  #isLast = false

  constructor(wire: Wire, attention: Attention, counts: EdgeCounts) {
    this.#wire = wire
    this.#attention = attention
    this.#counts = counts
    this.#replies = new ReplyQueue(wire)
  }

  /** Says the reply to a command. */
  say(verb: string, reply: WireReply): void {
    this.#counts.noteReply(verb, reply.code)
    const denied = reply.code < 400 ? undefined : deniedBy(reply)
    if (denied) this.#counts.denied.add(denied)
    this.#replies.add(verb, reply)
    if (this.#isLast) this.#wire.close()
  }

  /** The connection ends with this reply. */
  last(reply: WireReply, ending: Ending): WireReply {
    this.#attention.ending = ending
    this.#isLast = true
    return reply
  }

  /** The same for a message without an end, whose trace names the limit. */
  lastOfEndless(reply: WireReply): WireReply {
    this.#counts.cut.add('slackBytes')
    return this.last(reply, 'refused by the protocol')
  }

  /** Ends the connection now, unless it is ending. */
  endWith(reply: WireReply, ending: Ending): void {
    if (!this.#wire.isClosing) this.say('', this.last(reply, ending))
  }

  /** Ends it now at a limit, whose own words the client hears. */
  endAt(limit: Exclude<CuttingLimit, 'slackBytes'>): void {
    if (this.#wire.isClosing) return
    this.#counts.cut.add(limit)
    this.#attention.limit = limit
    const reply = farewells[limit]
    this.endWith(reply, reply.status === '4.7.0' ? 'refused by the protocol' : 'timed out')
  }

  flush(): void {
    this.#replies.flush()
  }
}
