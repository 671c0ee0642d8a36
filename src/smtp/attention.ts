import type { Conversation } from '../engine/conversation.ts'
import type { Ending } from '../engine/trace.ts'
import type { CuttingLimit, EdgeCounts } from '../metrics/edge.ts'
import type { Edge } from './edge.ts'
import type { Logger } from './logger.ts'
import { localTrouble } from './replies.ts'
import type { WireReply } from './wire-reply.ts'

/** The conversation's time: it comes to each answer undisturbed, and hears once that its client is gone. */
export class Attention {
  readonly #conversation: Conversation
  readonly #log: Logger
  readonly #counts: EdgeCounts
  /** How it will have ended, as things stand. */
  ending: Ending = 'disconnected'
  /** The limit at which we end it, if we do. */
  limit: CuttingLimit | undefined
  /** The conversation is at work on a command: nobody may interrupt it. */
  #isAnswering = false
  #isOver = false

  constructor(conversation: Conversation, { log, counts }: Pick<Edge, 'log' | 'counts'>) {
    this.#conversation = conversation
    this.#log = log
    this.#counts = counts
  }

  /** Lets the conversation come to its answer. When the client leaves meanwhile, the conversation hears of it afterwards. */
  undisturbed<T>(what: string, work: () => T | Promise<WireReply>): T | WireReply | Promise<WireReply> {
    this.#isAnswering = true
    const reply = this.inAnyCase(what, work)
    if (!(reply instanceof Promise)) {
      this.#answered()
      return reply
    }
    return reply.then(reply => {
      this.#answered()
      return reply
    })
  }

  /** The reply that some work comes to, whatever happens: at once when the work needs no waiting. Its time is the watchdog's affair. */
  inAnyCase<T>(what: string, work: () => T | Promise<WireReply>): T | WireReply | Promise<WireReply> {
    const fail = (error: unknown) => {
      this.#log.error({ error: error instanceof Error ? error.stack : String(error) }, `${what} failed`)
      return localTrouble
    }
    try {
      const result = work()
      return result instanceof Promise ? result.catch(fail) : result
    } catch (error) {
      return fail(error)
    }
  }

  /** It takes too long: nobody waits for it any more. */
  giveUp(what: string): void {
    this.#log.error({ command: what }, 'an answer of ours took too long')
    this.#isAnswering = false
  }

  /** The connection is over. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#counts.noteEnding(this.ending)
    if (!this.#isAnswering) this.leave(this.ending)
  }

  leave(ending: Ending): void {
    try {
      this.#conversation.close(ending, this.limit)
    } catch (error) {
      this.#log.error({ error: String(error) }, 'ending a conversation failed')
    }
  }

  #answered(): void {
    this.#isAnswering = false
    if (this.#isOver) this.leave(this.ending)
  }
}
