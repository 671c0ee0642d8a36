import { fingerprint } from '../config/fingerprint.ts'
import type { Configuration } from '../config/load.ts'
import { putInForce } from '../config/rules-in-force.ts'
import type { Rule } from '../engine/rule.ts'
import type { RecipientTrace, Trace } from '../engine/trace.ts'
import type { Recorded } from '../journal/record.ts'
import { formatAddress } from '../mail/address.ts'
import { changed, type Flip, findFlips } from '../report/counterfactual.ts'
import { explain } from '../report/explain.ts'
import { findFactFlips } from '../report/fact-flips.ts'
import { judgeAgain, type Remembered } from '../report/judge-again.ts'
import { concernsOf } from './concerns.ts'

/** All that can be told of a recorded transaction, without asking anybody. */
export interface Account {
  readonly trace: Trace
  /** The fingerprints of the configuration by which it was judged, and of the one that is in force now. */
  readonly configuration: { readonly then: string; readonly now: string }
  /** What would become of it by the rules that are in force now, when that is something else. */
  readonly now?: readonly RecipientTrace[]
  /** What would have led to another outcome, by the rules in force now; absent when there was no mail. */
  readonly flips?: readonly Flip[]
  /** What rules said because of their memory of then. */
  readonly remembered?: readonly Remembered[]
}

export async function accountOf({ trace, configuration: then }: Recorded, configuration: Configuration): Promise<Account> {
  const rules = rulesOf(configuration)
  const account = { trace, configuration: { then, now: await fingerprint(configuration) } }
  const again = await judgeAgain(trace, configuration.mode, { rules })
  if (!again || trace.recipients.length === 0) return account
  const before = await again.judge(rules)
  const isOther = changed(trace, before).length > 0
  const flips = [
    ...(await findFlips(before, rules, again.judge)),
    ...(await findFactFlips({ before, facts: trace.facts }, rules, again.judge)),
  ]
  return { ...account, ...(isOther && { now: before.recipients }), flips, remembered: again.remembered }
}

/** The rules of a configuration, as far as they can judge what is known already: they remember nothing. */
export function rulesOf(configuration: Configuration): Rule[] {
  const nothing = { get: async () => undefined, set: async () => {}, add: async (_: string, amount: number) => amount }
  return configuration.rules.flatMap(rule => putInForce(rule, nothing))
}

/** The account as a person reads it. */
export function tellAccount({ trace, configuration: { then, now }, now: today, flips }: Account, configuration: Configuration) {
  const exempt = new Set(trace.recipients.flatMap(({ address, exempt }) => (exempt ? [address] : [])))
  return explain({
    trace,
    mode: configuration.mode,
    concerns: concernsOf(rulesOf(configuration), recipient => exempt.has(formatAddress(recipient))),
    lookups: true,
    configuration: `configuration ${then}, ${then === now ? 'which is in force now' : `not the one in force now, ${now}`}`,
    ...(flips && { flips }),
    ...(today && { now: today }),
  })
}
