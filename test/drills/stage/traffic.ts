import { setTimeout as wait } from 'node:timers/promises'
import type { Ledger } from './ledger.ts'
import { newId, type Sent, send } from './sender.ts'

const clients = 4

/** Clients that send one message after the other, each until it is taken. */
export class Traffic {
  readonly unsure = new Set<string>()
  taken = 0
  /** How often nobody listened. */
  refused = 0
  readonly #port: number
  readonly #ledger: Ledger
  readonly #senders: readonly Promise<void>[]
  #isOver = false

  constructor(port: number, ledger: Ledger) {
    this.#port = port
    this.#ledger = ledger
    this.#senders = Array.from({ length: clients }, () => this.#run())
  }

  async untilTaken(more: number): Promise<void> {
    const goal = this.taken + more
    while (this.taken < goal) await wait(5)
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#senders)
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const id = newId()
      for (let sent: Sent | undefined; !sent?.taken; ) {
        sent = await send({ port: this.#port, id, bytes: 20_000 })
        this.#ledger.note(sent)
        if (sent.unsure) this.unsure.add(id)
        if (sent.heard.startsWith('connection refused')) this.refused++
        if (sent.taken) this.taken++
        else await wait(100)
      }
    }
  }
}
