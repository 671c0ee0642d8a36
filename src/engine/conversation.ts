import type { Address } from '../mail/address.ts'
import type { MailParameters, RecipientParameters } from '../mail/envelope.ts'
import type { Message } from '../mail/message.ts'
import { isAccepted, type Reply, recipientOk, senderOk, withId } from '../mail/reply.ts'
import type { Session } from '../mail/session.ts'
import { afterwards } from './afterwards.ts'
import { deliver, refuseAll } from './deliver.ts'
import { type Gateway, routeOf } from './gateway.ts'
import { judgeMessage, judgePhase, judgeRecipient, nothingYet } from './judge.ts'
import { OpenTransaction, type Standing, sessionTrace } from './open-transaction.ts'
import { notKept, otherNextHop, refusalReply, relayDenied, senderLeft, tooManyRecipients } from './refuse.ts'
import { settle } from './settle.ts'
import { refusal } from './tally.ts'
import type { Ending } from './trace.ts'
import type { Route } from './transport.ts'

/** So many times the recipients that a message may have can be named for one: some do not exist, some are asked to come later. */
const mostNamed = 3

/** What may become known of a client in the middle of a session, by XCLIENT, AUTH or STARTTLS. */
export type Identity = Partial<Pick<Session, 'client' | 'user' | 'relayed' | 'tls' | 'helo' | 'violations'>>

/**
 * One client's dialogue, without the sockets: what the client says goes in, the reply comes out.
 * A trace is recorded for each transaction, and one for a session that never began any, or ends at a limit behind the last.
 */
export class Conversation {
  readonly #gateway: Gateway
  readonly #started: Date
  #session: Session
  #connected: Standing
  #greeted: Standing
  #transaction: OpenTransaction | undefined
  #transactions = 0
  /** Set while the message is judged and handed over: until then nobody else may end the transaction. */
  #answering = false
  #left: Ending | undefined

  constructor(gateway: Gateway, session: Session) {
    this.#gateway = gateway
    this.#session = session
    this.#started = gateway.world.now()
    this.#connected = this.#greeted = nothingYet(gateway)
  }

  get session(): Session {
    return this.#session
  }

  /** Fulfilled, or done at once, when the client has been judged as far as it is known. */
  connect(): void | Promise<void> {
    const standing = judgePhase(this.#gateway, 'connect', nothingYet(this.#gateway), { session: this.#session })
    return afterwards(standing, standing => {
      this.#connected = this.#greeted = standing
    })
  }

  helo(name: string, { esmtp }: { readonly esmtp: boolean }): void | Promise<void> {
    this.reset()
    this.#session = { ...this.#session, helo: name, esmtp }
    const standing = judgePhase(this.#gateway, 'helo', this.#connected, { session: this.#session })
    return afterwards(standing, standing => {
      this.#greeted = standing
    })
  }

  /** More is known of the client. When it turns out to be somebody else, what was said of it is judged again. */
  async identify(change: Identity): Promise<void> {
    this.reset()
    this.#session = { ...this.#session, ...change }
    if (change.client || change.user !== undefined) await this.connect()
    const helo = this.#session.helo
    if (helo !== undefined && (change.client || change.user !== undefined || change.helo !== undefined)) {
      await this.helo(helo, { esmtp: this.#session.esmtp ?? true })
    }
  }

  /** Refusals so far are held back until a recipient is named, so that the log can tell whose mail it was. */
  mail(sender: Address | null, parameters: MailParameters = {}): Reply | Promise<Reply> {
    this.reset()
    const known = { session: this.#session, sender, parameters }
    const standing = judgePhase(this.#gateway, 'mail', this.#greeted, known)
    return afterwards(standing, standing => {
      const id = `${this.#session.id}.${++this.#transactions}`
      const transaction = { id, session: this.#session, sender, parameters }
      this.#transaction = new OpenTransaction(transaction, standing, this.#gateway.world.now())
      return senderOk
    })
  }

  async rcpt(recipient: Address, parameters?: RecipientParameters): Promise<Reply> {
    const transaction = this.#open
    if (transaction.has(recipient)) return recipientOk
    // Who names ever more that are not taken is not worth a line each.
    if (transaction.named >= mostNamed * this.#gateway.maxRecipients) return withId(tooManyRecipients, transaction.id)
    if (this.#gateway.isExempt(recipient)) transaction.noteExempt(recipient)
    const route = routeOf(this.#gateway, this.#session, recipient)
    const denied = this.#denied(transaction, route)
    if (denied || !route) return this.#refuse(transaction, recipient, denied ?? relayDenied)
    const tally = await judgeRecipient(this.#gateway, transaction, recipient)
    const cause = this.#gateway.mode === 'enforce' ? refusal(tally) : undefined
    if (cause) {
      const reply = refusalReply(cause, transaction, recipient)
      transaction.noteRefusal(recipient, reply, { cause, score: tally.score })
      return reply
    }
    const answer = await transaction.ask(route, parameters, this.#gateway.world.meter)
    if (!isAccepted(answer)) return this.#refuse(transaction, recipient, answer, route.transport.name)
    transaction.accept(recipient, route, tally)
    transaction.note(recipient, 'left', recipientOk, { where: route.transport.name })
    return recipientOk
  }

  /** The message is complete; it rejects only for a fault of ours. The reply is the last word on it: from an acceptance on, it is ours to deliver. */
  async message(message: Message): Promise<Reply> {
    const transaction = this.#open
    transaction.noteMessage(message)
    this.#answering = true
    try {
      await judgeMessage(this.#gateway, transaction, message)
      const reply = this.#left ? withId(senderLeft, transaction.id) : await this.#settle(transaction, message)
      this.#answering = false
      this.#finish(this.#left && !isAccepted(reply) ? this.#left : 'answered', reply)
      return reply
    } catch (error) {
      this.#answering = false
      return this.#fail(transaction, error)
    }
  }

  /** The message broke the protocol or a limit: nobody has judged it, and nobody gets it. */
  refuseMessage(reply: Reply, limit?: string): Reply {
    const transaction = this.#open
    const answer = refuseAll(transaction, reply)
    this.#finish('refused by the protocol', answer, limit)
    return answer
  }

  /** RSET, or a command that does the same. */
  reset(): void {
    this.#finish('reset')
  }

  /** The connection is over. What is being handed over at this moment is still brought to its end. */
  close(ending: Ending, limit?: string): void {
    this.#left ??= ending
    if (this.#answering) return
    if (this.#transactions === 0 || (limit && !this.#transaction)) this.#recordSession(ending, limit)
    this.#finish(ending, undefined, limit)
  }

  get #open(): OpenTransaction {
    if (this.#transaction) return this.#transaction
    throw new Error('There is no transaction: the edge must ask for MAIL first')
  }

  #denied(transaction: OpenTransaction, route: Route | undefined): Reply | undefined {
    if (!route) return relayDenied
    if (transaction.tallies.size >= this.#gateway.maxRecipients) return tooManyRecipients
    return transaction.canGoBy(route.transport) ? undefined : otherNextHop
  }

  #refuse(transaction: OpenTransaction, recipient: Address, reply: Reply, where?: string): Reply {
    const answer = withId(reply, transaction.id)
    transaction.noteRefusal(recipient, answer, where ? { where } : {})
    return answer
  }

  /** A fault of ours: the edge answers for it and says so in the log. The trace must not tell what was only planned. */
  #fail(transaction: OpenTransaction, error: unknown): never {
    this.#finish('answered', refuseAll(transaction, { ...notKept, detail: String(error) }))
    throw error
  }

  async #settle(transaction: OpenTransaction, message: Message): Promise<Reply> {
    const everyone = { deliver: transaction.recipients, quarantine: [] }
    const settlement = this.#gateway.mode === 'observe' ? everyone : settle(transaction.tallies)
    if (!('refuse' in settlement)) return deliver(this.#gateway, transaction, settlement, message)

    const reply = refusalReply(settlement.refuse, transaction, transaction.recipients[0])
    for (const [recipient, tally] of transaction.tallies) {
      transaction.noteRefusal(recipient, reply, { cause: refusal(tally) ?? settlement.refuse })
    }
    return reply
  }

  #finish(ending: Ending, reply?: Reply, limit?: string): void {
    const transaction = this.#transaction
    if (!transaction || this.#answering) return
    this.#transaction = undefined
    transaction.endDelivery()
    this.#gateway.record(transaction.trace(ending, reply, limit))
  }

  #recordSession(ending: Ending, limit?: string): void {
    const number = this.#transactions++ === 0 ? 0 : this.#transactions
    const whose = { id: `${this.#session.id}.${number}`, session: this.#session }
    this.#gateway.record(sessionTrace(whose, this.#greeted, this.#started, ending, limit))
  }
}
