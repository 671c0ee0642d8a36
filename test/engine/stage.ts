import { Conversation } from '../../src/engine/conversation.ts'
import type { Dns } from '../../src/engine/dns.ts'
import { defaultBudgetMs, type Gateway } from '../../src/engine/gateway.ts'
import type { Phase } from '../../src/engine/phase.ts'
import { type AnyPolicy, definePolicy } from '../../src/engine/policy.ts'
import { type Rule, rulebook } from '../../src/engine/rule.ts'
import type { Trace } from '../../src/engine/trace.ts'
import type { Quarantine, Transport } from '../../src/engine/transport.ts'
import type { Verdict } from '../../src/engine/verdict.ts'
import { type Address, formatAddress } from '../../src/mail/address.ts'
import { MemoryMessage, type Message } from '../../src/mail/message.ts'
import { ok, type Reply } from '../../src/mail/reply.ts'

/** A next hop that remembers what it was given, and answers as it is told. */
export class Box implements Transport {
  readonly name: string
  readonly got: string[] = []
  readonly asked: string[] = []
  readonly #answers: { readonly toRcpt?: (to: Address) => Reply; readonly toData?: (to: Address) => Reply }

  constructor(
    name = 'box',
    answers: { readonly toRcpt?: (to: Address) => Reply; readonly toData?: (to: Address) => Reply } = {},
  ) {
    this.name = name
    this.#answers = answers
  }

  begin() {
    return {
      ask: async (to: Address) => {
        this.asked.push(formatAddress(to))
        return this.#answers.toRcpt?.(to) ?? ok
      },
      send: async (recipients: readonly Address[]) => {
        const replies = new Map(recipients.map(to => [to, this.#answers.toData?.(to) ?? ok]))
        this.got.push(...recipients.filter(to => (replies.get(to)?.code ?? 500) < 400).map(to => to.local))
        return replies
      },
      end: () => {},
    }
  }
}

/** A quarantine in memory; `full` makes it refuse. */
export class Shelf implements Quarantine {
  readonly got: string[] = []
  readonly traces: Trace[] = []
  full = false

  async hold({ recipients }: { readonly recipients: readonly Address[] }, _: Message, trace: Trace) {
    if (this.full) throw new Error('disk full')
    const names = recipients.map(to => to.local)
    this.got.push(...names)
    this.traces.push(trace)
    return { discard: async () => void this.got.splice(0, names.length) }
  }
}

export const noDns: Dns = {
  query: async () => ({ status: 'nxdomain', records: [], ttlSeconds: 60, secure: false }),
}

export function testRule(policy: AnyPolicy, extra: Partial<Rule> = {}): Rule {
  return {
    name: policy.name,
    policy,
    phase: policy.phase,
    options: policy.options.parse({}),
    facts: policy.facts({}),
    store: { get: async () => undefined, set: async () => {}, add: async () => 0 },
    mode: 'enforce',
    onError: policy.onError,
    timeoutMs: 100,
    always: false,
    ...extra,
  }
}

/** A rule that always says the same. */
export function says(name: string, phase: Phase, verdict: Verdict, extra: Partial<Rule> = {}): Rule {
  const policy = definePolicy({ name, phase, summary: '', reasons: { x: ['7.1', 'No'] }, judge: () => verdict as Verdict<'x'> })
  return testRule(policy as AnyPolicy, extra)
}

export const to = (local: string): Address => ({ local, domain: 'our.example' })
export const only = (...who: readonly Address[]): Partial<Rule> => ({ appliesTo: recipient => who.includes(recipient) })

export interface Stage {
  readonly conversation: Conversation
  readonly traces: Trace[]
  readonly nextHop: Box
  readonly shelf: Shelf
}

/** A conversation on a gateway of literals, before anything was said. */
export function stage(
  rules: readonly Rule[],
  over: Partial<Gateway> & { readonly nextHop?: Box; readonly shelf?: Shelf } = {},
): Stage {
  const traces: Trace[] = []
  const { nextHop = new Box(), shelf = new Shelf(), ...rest } = over
  const gateway: Gateway = {
    rulebook: rulebook(rules),
    mode: 'enforce',
    world: { now: () => new Date(0), dns: noDns },
    isDegraded: () => false,
    quarantine: shelf,
    route: recipient => (recipient.domain === 'our.example' ? { transport: nextHop, recipient } : undefined),
    isExempt: recipient => recipient.local === 'postmaster',
    maxRecipients: 100,
    budgetMs: defaultBudgetMs,
    annotate: message => message,
    record: trace => traces.push(trace),
    ...rest,
  }
  const client = { ip: '192.0.2.1', port: 1 }
  const conversation = new Conversation(gateway, { id: 'S', listener: 'mx', client, violations: [] })
  return { conversation, traces, nextHop, shelf }
}

export const letter = (text = 'Subject: x\r\n\r\nHello\r\n'): MemoryMessage => new MemoryMessage(Buffer.from(text))

/** The usual course: connect, EHLO, MAIL, each RCPT, and DATA if anyone was accepted. Answers with the codes. */
export async function talk({ conversation }: Stage, recipients: readonly Address[]) {
  await conversation.connect()
  await conversation.helo('mx.sender.example', { esmtp: true })
  const mail = (await conversation.mail(null)).code
  const rcpts: number[] = []
  for (const recipient of recipients) rcpts.push((await conversation.rcpt(recipient)).code)
  const reply = rcpts.includes(250) ? await conversation.message(letter()) : undefined
  return { mail, rcpts, data: reply?.code, reply }
}
