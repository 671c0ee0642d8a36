import type { Delivery, Transaction, Transport } from '../engine/transport.ts'
import type { Exchanger } from './exchangers.ts'
import type { PooledHop } from './hop-pools.ts'
import { MxDelivery } from './mx-delivery.ts'
import type { Insecure, PolicyType, Security } from './security.ts'
import type { TlsResult } from './tls-failure.ts'

/** A server that may take the mail of a domain, by one of its addresses. */
export interface Candidate {
  readonly host: Exchanger
  readonly address: string
}

/** What a delivery needs to know of a domain's servers and of the connections to them. */
export interface Exchange {
  readonly domain: string
  readonly candidates: readonly Candidate[]
  /** Whether there may be no more connections at present. */
  isFull(): boolean
  /** How a host must be spoken with, for this transaction. */
  secure(host: Exchanger, transaction: Transaction): Promise<Security | Insecure>
  hop(candidate: Candidate, security: Security): PooledHop
  count(policy: PolicyType, result: TlsResult): void
}

/** The servers of a domain, as a place where mail can go. It holds nothing: the connections are kept by address. */
export class MxTransport implements Transport {
  readonly name: string
  readonly #exchange: Exchange

  constructor(exchange: Exchange) {
    this.name = `mx:${exchange.domain}`
    this.#exchange = exchange
  }

  begin(transaction: Transaction): Delivery {
    return new MxDelivery(this.#exchange, transaction)
  }
}
