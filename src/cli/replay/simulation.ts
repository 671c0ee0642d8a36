import type { Configuration } from '../../config/load.ts'
import { openRoutes } from '../../config/routes.ts'
import { putInForce } from '../../config/rules-in-force.ts'
import { defaultBudgetMs, type Gateway } from '../../engine/gateway.ts'
import { type Rule, rulebook } from '../../engine/rule.ts'
import type { Store } from '../../engine/store.ts'
import { recordedHop } from '../../replay/recorded-hop.ts'
import type { Simulation } from '../../replay/replayer.ts'
import { NotRecorded, Tape } from '../../replay/tape.ts'
import { dryGateway } from '../../report/rehearsal.ts'
import { memoryStore } from '../../world/memory-store.ts'

/** So much may rules remember in a replay. What has expired does not count. */
const mostRemembered = 1_000_000

/** A simulation, and whether its rules have made use of their memory yet: if they never do, the order does not matter. */
export interface OpenSimulation extends Simulation {
  readonly memory: { isUsed: boolean }
}

/** What a configuration makes of recorded sessions: its rules with an empty memory, a clock that is set, and no DNS. */
export function openSimulation(configuration: Configuration): OpenSimulation {
  const clock = { now: new Date(0) }
  const now = () => clock.now
  const tape = new Tape()
  const memory = { isUsed: false }
  const store = noticed(memoryStore(now, { most: mostRemembered }), memory)
  const { route, isExempt } = openRoutes(configuration, ({ to }) => recordedHop(to.text, tape))
  const rules = configuration.rules.flatMap(rule => putInForce(rule, store)).map(rule => withTape(rule, tape))
  const gateway: Omit<Gateway, 'quarantine' | 'annotate' | 'record'> = {
    rulebook: rulebook(rules),
    // In observe mode nothing would ever change.
    mode: 'enforce',
    world: { dns: { query: () => Promise.reject(new NotRecorded('an answer of the DNS')) }, now },
    isDegraded: () => tape.trace?.degraded === true,
    route,
    isExempt,
    maxRecipients: configuration.limits.recipients,
    budgetMs: defaultBudgetMs,
  }
  return { gateway: dryGateway(gateway), tape, clock, memory }
}

function withTape(rule: Rule, tape: Tape): Rule {
  return { ...rule, facts: Object.fromEntries(Object.entries(rule.facts).map(([name, fact]) => [name, tape.play(fact)])) }
}

function noticed(store: Store, memory: { isUsed: boolean }): Store {
  const notice = () => {
    memory.isUsed = true
    return store
  }
  return {
    get: key => notice().get(key),
    set: (key, value, ttlSeconds) => notice().set(key, value, ttlSeconds),
    add: (key, amount, ttlSeconds) => notice().add(key, amount, ttlSeconds),
  }
}
