import { inTime, TimeoutError } from '../engine/deadline.ts'
import type { Logger } from './logger.ts'
import { localTrouble, takesTooLong } from './replies.ts'
import type { WireReply } from './wire-reply.ts'

interface Work<T> {
  readonly what: string
  readonly ms: number
  readonly log: Logger
  readonly work: () => T | Promise<WireReply>
}

/**
 * The reply that some work comes to, once and whatever happens: at once when the work needs no waiting, and in time
 * when it does.
 */
export function answer<T>({ what, ms, log, work }: Work<T>): T | WireReply | Promise<WireReply> {
  const fail = (error: unknown) => {
    log.error({ error: error instanceof Error ? error.stack : String(error) }, `${what} failed`)
    // What is late may still be at work on this transaction: the connection must not go on beside it.
    return error instanceof TimeoutError ? takesTooLong : localTrouble
  }
  try {
    const result = work()
    return result instanceof Promise ? inTime(what, ms, result).catch(fail) : result
  } catch (error) {
    return fail(error)
  }
}
