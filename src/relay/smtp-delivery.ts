import type { Delivery, Transaction } from '../engine/transport.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import { replyOf } from './hop-reply.ts'
import { type Data, HopTransaction, isReply } from './hop-transaction.ts'
import { headerNeedsUtf8, refusalAhead, type Submission, tooLarge } from './mail-command.ts'
import type { NextHop } from './next-hop.ts'
import type { Opened, Pool } from './pool.ts'
import { withReturnPath } from './return-path.ts'
import { type Answer, isGone, isPositive, isTrouble, silence } from './server-reply.ts'

type Replies = ReadonlyMap<Address, Reply>

/**
 * One transaction with a next hop. It holds a connection from the first recipient on, and takes another one when that
 * is lost between two steps: a client may need longer for a large message than a next hop waits.
 */
export class SmtpDelivery implements Delivery {
  /** Whether the server has been spoken with, however that went. */
  hasMet = false
  /** Whether the message was sent, and nobody knows if it has arrived: another server must not be given it as well. */
  isUncertain = false
  readonly #hop: NextHop
  readonly #pool: Pool
  readonly #transaction: Transaction
  readonly #replies = new Map<string, Reply>()
  #current: HopTransaction | undefined
  /** Why nothing more can come of this transaction. */
  #failure: Answer | undefined
  #isBusy = false
  #hold: NodeJS.Timeout | undefined
  readonly #onOpened: Opened | undefined

  constructor(hop: NextHop, pool: Pool, transaction: Transaction, onOpened?: Opened) {
    this.#hop = hop
    this.#pool = pool
    this.#transaction = transaction
    this.#onOpened = onOpened
  }

  async ask(recipient: Address): Promise<Reply> {
    const key = formatAddress(recipient)
    const known = this.#replies.get(key)
    if (known) return known
    this.#begin()
    try {
      const reply = await this.#ask(recipient)
      this.#replies.set(key, reply)
      return reply
    } finally {
      this.#isBusy = false
      // Clients that fall silent after RCPT must not keep all others from the next hop.
      this.#hold = setTimeout(() => this.#leave(), this.#hop.timeouts.holdMs).unref()
    }
  }

  async send(recipients: readonly Address[], message: Message): Promise<Replies> {
    const complete = this.#hop.returnPath ? withReturnPath(message, this.#transaction.sender) : message
    this.#begin()
    try {
      return await this.#send(recipients, complete)
    } finally {
      this.#isBusy = false
      this.#leave()
    }
  }

  end(): void {
    this.#failure ??= { trouble: 'lost', detail: 'the transaction was ended' }
    // Whatever is under way has become pointless: hanging up ends it at once.
    if (this.#isBusy) this.#drop()
    this.#leave()
  }

  /** SMTP is a dialogue: two questions at once would mix up the answers. */
  #begin(): void {
    if (this.#isBusy) throw new Error('One question at a time: the next hop has not yet answered the last one')
    this.#isBusy = true
    clearTimeout(this.#hold)
  }

  async #ask(recipient: Address): Promise<Reply> {
    const isFirst = !this.#current?.link.isOpen
    const current = await this.#open({ fresh: false })
    if (!(current instanceof HopTransaction)) return this.#fail(current)
    const refusal = refusalAhead(this.#transaction, recipient, current.link)
    if (refusal) return refusal
    const mayBeStale = !isFirst || current.link.uses > 1
    const [answer = silence] = await current.name([recipient])
    if (!isGone(answer)) return this.#result(answer)
    return mayBeStale ? this.#askAgain(recipient) : this.#fail(answer)
  }

  /** The connection had been idle, and the server has given it up: that says nothing about the server. */
  async #askAgain(recipient: Address): Promise<Reply> {
    this.#drop()
    const current = await this.#open({ fresh: true })
    if (!(current instanceof HopTransaction)) return this.#fail(current)
    const [answer = silence] = await current.name([recipient])
    return isGone(answer) ? this.#fail(answer) : this.#result(answer)
  }

  async #send(recipients: readonly Address[], message: Message): Promise<Replies> {
    const first = this.#current
    const data = await this.#attempt(recipients, message, { fresh: false })
    const isStale = !isReply(data) && !data.hasBegun && [...data.answers.values()].some(isGone) && first === this.#current
    const last = isStale ? await this.#attempt(recipients, message, { fresh: true }) : data
    return new Map(recipients.map(recipient => [recipient, this.#replyFrom(last, recipient)]))
  }

  /** Hands the message over, in the open transaction if it is for exactly these recipients, else in another one. */
  async #attempt(recipients: readonly Address[], message: Message, { fresh }: Freshness): Promise<Data | Reply> {
    if (fresh) this.#drop()
    const wanted = new Map(recipients.map(recipient => [formatAddress(recipient), recipient]))
    const fits = this.#current?.link.isOpen && this.#current.isFor([...wanted.keys()])
    const refused = fits ? new Map<string, Answer>() : await this.#repeat([...wanted.values()], message.size)
    if (!(refused instanceof Map)) return this.#fail(refused)
    const current = this.#current
    if (!current || refused.size === wanted.size) return { hasBegun: false, answers: refused }
    const { extensions } = current.link
    const refusal = tooLarge(message.size, extensions) ?? headerNeedsUtf8(this.#transaction, message, extensions)
    if (refusal) return refusal
    const data = await current.data(message)
    this.isUncertain = data.hasBegun && [...data.answers.values()].some(isTrouble)
    return { ...data, answers: new Map([...refused, ...data.answers]) }
  }

  /** Begins again for these recipients only. Now the next hop may say something else than before: the last word counts. */
  async #repeat(recipients: readonly Address[], size: number): Promise<Map<string, Answer> | Answer> {
    const current = await this.#reopen(size)
    if (!(current instanceof HopTransaction)) return current
    const answers = await current.name(recipients)
    const gone = answers.find(isGone)
    if (gone) return gone
    const refused = recipients.map((recipient, index) => [formatAddress(recipient), answers[index] ?? silence] as const)
    return new Map(refused.filter(([, answer]) => !isPositive(answer)))
  }

  async #reopen(size: number): Promise<HopTransaction | Answer> {
    const current = this.#current
    const mail = { transaction: this.#transaction, size }
    if (current && (await current.abort())) {
      this.#current = new HopTransaction(current.link, mail)
      return this.#current
    }
    this.#drop()
    return this.#open({ fresh: true }, mail)
  }

  #replyFrom(data: Data | Reply, recipient: Address): Reply {
    return isReply(data) ? data : replyOf(data.answers.get(formatAddress(recipient)) ?? silence, this.#hop)
  }

  /** The open transaction, or a new one. An answer instead is about the client or the connection: for every recipient. */
  async #open({ fresh }: Freshness, mail: Submission = { transaction: this.#transaction }): Promise<HopTransaction | Answer> {
    if (this.#current?.link.isOpen) return this.#current
    if (this.#failure) return this.#failure
    const { session } = this.#transaction
    const link = await this.#pool.acquire(session, { fresh, onOpened: this.#onOpened })
    if (isTrouble(link)) return link
    this.hasMet = true
    const isReused = link.uses > 0
    this.#current = new HopTransaction(link, mail)
    // The next hop is told for whom we come, if it shall know.
    const refusal = this.#hop.identity === 'xclient' && !link.isKnownAs(session) ? await link.presentAs(session) : undefined
    if (this.#failure) this.#leave()
    else if (refusal) this.#drop()
    if (refusal && isReused && !this.#failure) return this.#open({ fresh: true }, mail)
    return this.#failure ?? refusal ?? this.#current ?? silence
  }

  /** A server with which we are out of step is not asked any further. */
  #result(answer: Answer): Reply {
    return isTrouble(answer) ? this.#fail(answer) : replyOf(answer, this.#hop)
  }

  #fail(answer: Answer): Reply {
    this.#failure = answer
    this.#drop()
    return replyOf(answer, this.#hop)
  }

  /** Gives the connection back. */
  #leave(): void {
    clearTimeout(this.#hold)
    const current = this.#current
    this.#current = undefined
    if (current) this.#pool.release(current)
  }

  #drop(): void {
    this.#current?.link.connection.destroy()
    this.#current = undefined
  }
}

interface Freshness {
  readonly fresh: boolean
}
