import { setTimeout as wait } from 'node:timers/promises'
import type { Limits } from './limits.ts'

type BudgetLimits = Pick<
  Limits,
  'errors' | 'junkCommands' | 'refusedRecipients' | 'deferredRecipients' | 'refusalDelayMs' | 'refusalDelayMaxMs'
>

type BudgetLimit = 'errors' | 'junkCommands' | 'refusedRecipients' | 'deferredRecipients'

/** From this refused recipient on, the answers come later. */
const firstDelayed = 3

/** What a client does on its way to a message; anything else leads nowhere. */
const purposeful = new Set(['MAIL', 'RCPT', 'DATA', 'QUIT', 'STARTTLS', 'XCLIENT'])

/** Replies that say a command was malformed, unknown or out of order, whatever it was about. */
const errors = new Set([500, 501, 502, 503, 504, 530, 555])

/** What a client may do without getting anywhere. A completed transaction fills it up again. */
export class Budget {
  readonly #limits: BudgetLimits
  #errors = 0
  #junk = 0
  #refused = 0
  #deferred = 0

  constructor(limits: BudgetLimits) {
    this.#limits = limits
  }

  /** The limit that has been reached, when one has. */
  get spentOn(): BudgetLimit | undefined {
    const { errors, junkCommands, refusedRecipients, deferredRecipients } = this.#limits
    if (this.#errors >= errors) return 'errors'
    if (this.#junk > junkCommands) return 'junkCommands'
    if (this.#refused >= refusedRecipients) return 'refusedRecipients'
    return this.#deferred >= deferredRecipients ? 'deferredRecipients' : undefined
  }

  /** Counts a command by our answer to it. A promise asks for patience before the client hears it: guessing addresses should be slow. */
  note(verb: string, code: number): Promise<void> | undefined {
    if (errors.has(code)) this.#errors++
    else if (verb === 'RCPT' && code >= 500) return this.#noteRefusedRecipient()
    else if (verb === 'RCPT' && code >= 400) this.#deferred++
    else if (!purposeful.has(verb)) this.#junk++
    return undefined
  }

  noteTransaction(): void {
    this.#errors = this.#junk = this.#refused = this.#deferred = 0
  }

  #noteRefusedRecipient(): Promise<void> | undefined {
    this.#refused++
    const { refusalDelayMs, refusalDelayMaxMs } = this.#limits
    const delay = Math.min((this.#refused - firstDelayed + 1) * refusalDelayMs, refusalDelayMaxMs)
    return delay > 0 ? wait(delay, undefined, { ref: false }) : undefined
  }
}
