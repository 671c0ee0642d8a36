import { type Address, formatAddress } from '../mail/address.ts'
import type { MailParameters, RecipientParameters } from '../mail/envelope.ts'
import type { Message } from '../mail/message.ts'
import { isTemporary, type Reply } from '../mail/reply.ts'
import type { Session } from '../mail/session.ts'
import type { Findings } from './findings.ts'
import type { Meter } from './meter.ts'
import { decidedBy, formatReply, notKept } from './refuse.ts'
import { type Cause, emptyTally, type Judgement, type Tally } from './tally.ts'
import type { Ending, FactEntry, Lookup, MessageTrace, Outcome, RecipientTrace, Trace, TraceEntry } from './trace.ts'
import type { Delivery, Route, Transaction, Transport } from './transport.ts'

/** How it came about that a recipient's copy is where it is. */
interface Account {
  readonly where?: string
  readonly cause?: Cause | undefined
  readonly tagged?: boolean
  readonly score?: number
}

const noAnswer: Reply = { ...notKept, detail: 'the next hop gave no answer for this recipient' }

/** What a transaction starts from: what has been found and said about the client so far. */
export interface Standing {
  /** In the order of the configuration. */
  readonly judgements: readonly Judgement[]
  readonly findings: Findings
  readonly entries: readonly TraceEntry[]
  /** So many questions to the DNS fail that nobody is refused for an answer. */
  readonly degraded: boolean
}

/** A transaction between MAIL and the reply to DATA: whom it is for, where it goes, and what its trace will say. */
export class OpenTransaction implements Transaction {
  readonly id: string
  readonly session: Session
  readonly sender: Address | null
  readonly parameters: MailParameters
  readonly standing: Standing
  readonly entries: TraceEntry[]
  readonly tallies = new Map<Address, Tally>()
  readonly #started: Date
  readonly #clock = performance.now()
  /** By address: where the mail of the recipients goes that we and the next hop have said yes to. */
  readonly #routes = new Map<string, Route>()
  readonly #outcomes = new Map<string, RecipientTrace>()
  readonly #atRcpt = { facts: [] as FactEntry[], lookups: [] as Lookup[] }
  readonly #exempt = new Set<string>()
  #unknown = 0
  #message: MessageTrace | undefined
  #delivery: Delivery | undefined
  #transport: Transport | undefined

  constructor(transaction: Transaction, standing: Standing, started: Date) {
    this.id = transaction.id
    this.session = transaction.session
    this.sender = transaction.sender
    this.parameters = transaction.parameters
    this.standing = standing
    this.entries = [...standing.entries]
    this.#started = started
  }

  get recipients(): Address[] {
    return [...this.tallies.keys()]
  }

  /** How many recipients were refused for good, and not by a rule: most of them do not exist. */
  get unknown(): number {
    return this.#unknown
  }

  /** How many recipients there have been, whatever has become of them. */
  get named(): number {
    return this.#outcomes.size
  }

  has(recipient: Address): boolean {
    return this.#routes.size > 0 && this.#routes.has(formatAddress(recipient))
  }

  /** Whether this transport may serve a recipient: one transaction has one next hop, so that one's failure never doubles another's mail. */
  canGoBy(transport: Transport): boolean {
    return this.#routes.size === 0 || this.#transport === transport
  }

  /** Asks the next hop whether it would take mail for a recipient. The first question begins a transaction with it. */
  async ask({ transport, recipient }: Route, parameters?: RecipientParameters, meter?: Meter): Promise<Reply> {
    if (this.#transport !== transport) this.endDelivery()
    this.#transport = transport
    this.#delivery ??= transport.begin(this)
    const asked = performance.now()
    const reply = await this.#delivery.ask(recipient, parameters)
    meter?.hop(transport.name, 'recipient', performance.now() - asked)
    return reply
  }

  /** Hands the message to the next hop, and answers with its reply for each recipient. */
  async send(recipients: readonly Address[], message: Message): Promise<Map<Address, Reply>> {
    const replies = await this.#delivery?.send(
      recipients.map(recipient => this.#addressBehind(recipient)),
      message,
    )
    return new Map(recipients.map(recipient => [recipient, replies?.get(this.#addressBehind(recipient)) ?? noAnswer]))
  }

  /** The name of the transport that the mail goes by. */
  get where(): string {
    return this.#transport?.name ?? ''
  }

  endDelivery(): void {
    this.#delivery?.end()
    this.#delivery = undefined
  }

  accept(recipient: Address, route: Route, tally: Tally): void {
    this.#routes.set(formatAddress(recipient), route)
    this.tallies.set(recipient, tally)
  }

  /** The address by which the next hop knows a recipient. */
  #addressBehind(recipient: Address): Address {
    return this.#routes.get(formatAddress(recipient))?.recipient ?? recipient
  }

  /** No rule judges mail for this recipient, but those that always run. */
  noteExempt(recipient: Address): void {
    this.#exempt.add(formatAddress(recipient))
  }

  noteFacts(recipient: Address, { own, ownLookups }: Findings): void {
    this.#atRcpt.lookups.push(...ownLookups)
    for (const entry of own) this.#atRcpt.facts.push({ ...entry, recipient: formatAddress(recipient) })
  }

  noteMessage(message: Message): void {
    const [from, subject, messageId] = ['from', 'subject', 'message-id'].map(name => message.header(name))
    this.#message = {
      size: message.size,
      ...(from !== undefined && { from }),
      ...(subject !== undefined && { subject }),
      ...(messageId !== undefined && { messageId }),
    }
  }

  /** Writes down what has become of a recipient. The last word counts. */
  note(recipient: Address, outcome: Outcome, reply: Reply, more: Account = {}): void {
    this.#outcomes.set(formatAddress(recipient), {
      address: formatAddress(recipient),
      outcome,
      score: more.score ?? (this.tallies.get(recipient) ?? emptyTally).score,
      reply: formatReply(reply),
      ...(more.where && { where: more.where }),
      ...(this.#exempt.has(formatAddress(recipient)) && { exempt: true }),
      ...(more.tagged && { tagged: true }),
      ...decidedBy(more.cause),
      ...(reply.detail && { detail: reply.detail }),
    })
  }

  /** The same for a refusal: whether it is for now or for good stands in its code. */
  noteRefusal(recipient: Address, reply: Reply, more: Account = {}): void {
    if (!isTemporary(reply) && !more.cause && !this.#outcomes.has(formatAddress(recipient))) this.#unknown++
    this.note(recipient, isTemporary(reply) ? 'deferred' : 'rejected', reply, more)
  }

  trace(ending: Ending, reply?: Reply, limit?: string): Trace {
    return {
      id: this.id,
      started: this.#started.toISOString(),
      ms: Math.round(performance.now() - this.#clock),
      session: this.session,
      sender: this.sender && formatAddress(this.sender),
      parameters: this.parameters,
      recipients: [...this.#outcomes.values()],
      ...(this.#message && { message: this.#message }),
      facts: [...this.standing.findings.entries, ...this.#atRcpt.facts],
      lookups: [...this.standing.findings.lookups, ...this.#atRcpt.lookups],
      entries: this.entries,
      ...(this.standing.degraded && { degraded: true }),
      ending,
      ...(limit && { limit }),
      ...(reply && { reply: formatReply(reply) }),
    }
  }
}

/** The account of a session in which no transaction has begun, or of what follows the last one. */
export function sessionTrace(
  whose: { readonly id: string; readonly session: Session },
  standing: Standing,
  started: Date,
  ending: Ending,
  limit?: string,
): Trace {
  const nobody = new OpenTransaction({ ...whose, sender: null, parameters: {} }, standing, started)
  const { sender: _, parameters: __, ...trace } = nobody.trace(ending, undefined, limit)
  return trace
}
