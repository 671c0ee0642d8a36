import { deadline, TimeoutError } from '../engine/deadline.ts'
import type { Logger } from './logger.ts'
import { localTrouble, takesTooLong } from './replies.ts'
import type { WireReply } from './wire-reply.ts'

interface Work<T> {
  readonly what: string
  readonly ms: number
  readonly log: Logger
  readonly work: () => T | Promise<T>
}

/**
 * The reply that some work comes to, once and whatever happens: smtp-server knows only callbacks, leaves a client without a
 * reply when one rejects, and answers twice when one is called twice.
 */
export async function answer<T extends WireReply>({ what, ms, log, work }: Work<T>): Promise<T | WireReply> {
  try {
    const result = work()
    return result instanceof Promise ? await deadline(what, ms, () => result) : result
  } catch (error) {
    log.error({ error: error instanceof Error ? error.stack : String(error) }, `${what} failed`)
    // What is late may still be at work on this transaction: the connection must not go on beside it.
    return error instanceof TimeoutError ? takesTooLong : localTrouble
  }
}
