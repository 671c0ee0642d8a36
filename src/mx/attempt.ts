import type { Transaction } from '../engine/transport.ts'
import type { Address } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import type { Link } from '../relay/link.ts'
import { isTrouble, type Trouble } from '../relay/server-reply.ts'
import { SmtpDelivery } from '../relay/smtp-delivery.ts'
import type { Candidate, Exchange } from './mx-transport.ts'
import type { Security } from './security.ts'
import { type TlsResult, tlsFailure } from './tls-failure.ts'

/** One transaction with one server of several. */
export interface Attempt {
  /** Whether the server was spoken with: then it is a session, else only an address that did not work. */
  readonly hasMet: boolean
  /** Whether it may have the message, though it did not say so. */
  readonly isUncertain: boolean
  ask(recipient: Address): Promise<Reply>
  send(recipients: readonly Address[], message: Message): Promise<ReadonlyMap<Address, Reply>>
  end(): void
}

/** Begins with a server, unless it must not be spoken with as it is. */
export async function attempt(exchange: Exchange, candidate: Candidate, transaction: Transaction): Promise<Attempt> {
  const at = `${candidate.host.name}[${candidate.address}]`
  if (exchange.isFull()) return impossible(later('4.4.5', 'Too much mail is on its way, please try again later', at))
  const security = await exchange.secure(candidate.host, transaction)
  if ('failure' in security) {
    exchange.count(security.policy, security.failure)
    return impossible(later('4.7.5', 'The mail server cannot prove who it is, please try again later', `${at}: ${security.why}`))
  }
  const { hop, pool } = exchange.hop(candidate, security)
  return new SmtpDelivery(hop, pool, transaction, opened => countTls(exchange, security, opened))
}

/** RFC 8460, 4.3: a connection that did not come about says nothing of TLS. */
function countTls(exchange: Exchange, { policy }: Security, opened: Link | Trouble): void {
  const result = isTrouble(opened) ? resultOf(opened) : opened.isSecure ? resultOf(opened.remark) : 'starttls-not-supported'
  if (result) exchange.count(policy, result)
}

function resultOf(trouble: Trouble | undefined): TlsResult | undefined {
  if (!trouble) return 'success'
  return trouble.trouble === 'tls' ? tlsFailure(trouble.code) : undefined
}

function impossible(reply: Reply): Attempt {
  return {
    hasMet: false,
    isUncertain: false,
    ask: async () => reply,
    send: async recipients => new Map(recipients.map(recipient => [recipient, reply])),
    end: () => {},
  }
}

function later(status: string, text: string, detail: string): Reply {
  return { code: 451, status, text, detail }
}
