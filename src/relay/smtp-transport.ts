import type { Delivery, Transaction, Transport } from '../engine/transport.ts'
import type { NextHop } from './next-hop.ts'
import { Pool, type PoolCounts } from './pool.ts'
import { SmtpDelivery } from './smtp-delivery.ts'

/** A next hop that is spoken to by SMTP or LMTP. */
export class SmtpTransport implements Transport {
  readonly name: string
  readonly #hop: NextHop
  readonly #pool: Pool

  constructor(hop: NextHop) {
    this.name = hop.name
    this.#hop = hop
    this.#pool = new Pool(hop)
  }

  begin(transaction: Transaction): Delivery {
    return new SmtpDelivery(this.#hop, this.#pool, transaction)
  }

  get pool(): PoolCounts {
    return this.#pool.counts
  }

  /** Takes leave of the next hop. Transactions come to their end, also those of sessions that outlive a reload. */
  close(): void {
    this.#pool.close()
  }
}
