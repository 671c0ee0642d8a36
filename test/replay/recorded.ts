import type { Gateway } from '../../src/engine/gateway.ts'
import { type Rule, rulebook } from '../../src/engine/rule.ts'
import { partOf } from '../../src/engine/store.ts'
import type { RecipientTrace, Trace } from '../../src/engine/trace.ts'
import { recordedHop } from '../../src/replay/recorded-hop.ts'
import { Replayer, type Simulation } from '../../src/replay/replayer.ts'
import { Tape } from '../../src/replay/tape.ts'
import { dryGateway } from '../../src/report/rehearsal.ts'
import { memoryStore } from '../../src/world/memory-store.ts'
import { recipient, trace } from '../report/trace.ts'

/** A replayer by some rules, which share an empty memory. */
export function replayer(rules: readonly Rule[]): { readonly gateway: Gateway; judge(trace: Trace): Promise<Trace> } {
  const { gateway, ...simulation } = simulate(rules)
  const replayer = new Replayer({ gateway, ...simulation })
  return { gateway, judge: trace => replayer.judge(trace) }
}

function simulate(rules: readonly Rule[]): Simulation {
  const [tape, clock] = [new Tape(), { now: new Date(0) }]
  const store = memoryStore(() => clock.now)
  const hop = recordedHop('smtp://hop', tape)
  const played = rules.map(rule => ({
    ...rule,
    store: partOf(store, rule.name),
    facts: Object.fromEntries(Object.entries(rule.facts).map(([name, fact]) => [name, tape.play(fact)])),
  }))
  const gateway = dryGateway({
    rulebook: rulebook(played),
    mode: 'enforce',
    world: { now: () => clock.now, dns: { query: () => Promise.reject(new Error('a replay looks nothing up')) } },
    isDegraded: () => tape.trace?.degraded === true,
    route: address => (address.domain === 'our.example' ? { transport: hop, recipient: address } : undefined),
    isExempt: ({ local }) => local === 'postmaster',
    maxRecipients: 100,
    budgetMs: { connect: 1000, helo: 1000, mail: 1000, rcpt: 1000, message: 1000 },
  })
  return { gateway, tape, clock }
}

/** A message that was delivered to everybody. */
export function delivered(
  changes: Partial<Trace> = {},
  recipients: readonly RecipientTrace[] = [recipient('bob@our.example')],
): Trace {
  return trace({ message: { size: 100 }, reply: '250 2.0.0 Accepted [1N3Z8QK4F00A.1]', recipients, ...changes })
}
