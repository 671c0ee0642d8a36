import { formatWireReply, type WireReply } from './wire-reply.ts'

/** Replies that a client which sends ahead may get together with the next one (RFC 2920, 3.1). */
const groupable = new Set(['MAIL', 'RCPT', 'RSET'])
const heldBytes = 4096

interface Outlet {
  /** The next command is here already. */
  readonly hasLine: boolean
  write(text: string): void
}

/** Replies on their way out: those to commands that came together go out together. */
export class ReplyQueue {
  readonly #outlet: Outlet
  #held = ''

  constructor(outlet: Outlet) {
    this.#outlet = outlet
  }

  /** Says the reply to a command, now or with the next one. */
  add(verb: string, reply: WireReply): void {
    this.#held += formatWireReply(reply)
    const mayWait = groupable.has(verb) && this.#outlet.hasLine && this.#held.length < heldBytes
    if (!mayWait) this.flush()
  }

  flush(): void {
    if (this.#held) this.#outlet.write(this.#held)
    this.#held = ''
  }
}
