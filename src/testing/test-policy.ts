import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { z } from 'zod'
import { type EvidencePoints, scoreOf } from '../engine/evidence.ts'
import type { Phase } from '../engine/phase.ts'
import type { FactMap, Found, Policy } from '../engine/policy.ts'
import type { Tally } from '../engine/tally.ts'
import type { Outcome, Trace } from '../engine/trace.ts'
import { type FinalAction, type MarkAction, pointsOf, type Verdict } from '../engine/verdict.ts'
import { formatAddress } from '../mail/address.ts'
import { memoryStore } from '../world/memory-store.ts'
import { type Given, ordinary } from './ordinary.ts'

/** A verdict in short: `pass`, `reject fail`, `score 4 listed`, `quarantine 4 fail`. */
export type Expected<R extends string> = 'pass' | `${FinalAction} ${R}` | `${MarkAction | 'score'} ${number} ${R}`

/** One case for a policy. What is not given is ordinary. */
export interface Step<P extends Phase, S extends z.ZodType, F, R extends string> {
  /** Seconds since the start of the test. */
  readonly at?: number
  readonly given?: Given<P>
  readonly facts?: Partial<Found<F>>
  readonly options?: z.input<S>
  /** What earlier rules add up to, when its kinds do not matter. */
  readonly score?: number
  /** What earlier rules have found. */
  readonly evidence?: EvidencePoints
  readonly expect: Expected<R>
  /** What becomes of the message then, from which the policy learns. */
  readonly becomes?: Outcome
  /** What it has to say for the log when it has learned. */
  readonly notes?: readonly string[]
}

/** One step, or several that share a store. */
export type Scenario<P extends Phase, S extends z.ZodType, F, R extends string> = Step<P, S, F, R> | readonly Step<P, S, F, R>[]

/** Runs a policy against its scenarios, and checks that every reason it declares is reached. */
export function testPolicy<P extends Phase, S extends z.ZodType, F extends FactMap<P>, R extends string>(
  policy: Policy<P, S, F, R>,
  scenarios: Readonly<Record<string, Scenario<P, S, F, NoInfer<R>>>>,
): void {
  describe(policy.name, () => {
    const reached = new Set<string>()
    for (const [title, scenario] of Object.entries(scenarios)) {
      it(title, async () => {
        for (const { verdict, notes, step } of await run(policy, scenario)) {
          if (verdict.action !== 'pass') reached.add(verdict.reason)
          assert.equal(inShort(verdict), step.expect)
          assert.deepEqual(notes, step.notes ?? [])
        }
      })
    }
    it('reaches every reason it declares', () => {
      const missing = Object.keys(policy.reasons).filter(reason => !reached.has(reason))
      assert.ok(missing.length === 0, `no scenario comes to: ${missing.join(', ')}`)
    })
  })
}

interface Result<P extends Phase, S extends z.ZodType, F, R extends string> {
  readonly verdict: Verdict<R>
  readonly notes: readonly string[]
  readonly step: Step<P, S, F, R>
}

async function run<P extends Phase, S extends z.ZodType, F extends FactMap<P>, R extends string>(
  policy: Policy<P, S, F, R>,
  scenario: Scenario<P, S, F, R>,
): Promise<Result<P, S, F, R>[]> {
  let now = new Date(0)
  const store = memoryStore(() => now)
  const results = []
  for (const step of [scenario].flat() as Step<P, S, F, R>[]) {
    now = new Date((step.at ?? 0) * 1000)
    const common = { options: policy.options.parse(step.options ?? {}), facts: { ...step.facts }, store, now }
    // An ordinary case has what any phase knows, and the facts that the scenario leaves out are not asked for.
    const verdict = await judge(policy, step, common)
    const lesson = { ...common, said: [verdict], trace: aftermath(step.given as Given, step.becomes) }
    const notes = step.becomes ? await policy.learn?.(lesson as never) : []
    results.push({ verdict, notes: (notes ?? []).map(({ text }) => text), step })
  }
  return results
}

/** A policy that breaks may have been told too little: what it looks for in a fact that is not there is not worth a riddle. */
async function judge<P extends Phase, S extends z.ZodType, F extends FactMap<P>, R extends string>(
  policy: Policy<P, S, F, R>,
  step: Step<P, S, F, R>,
  common: { readonly options: z.infer<S> },
): Promise<Verdict<R>> {
  try {
    return await policy.judge({ ...common, ...ordinary(step.given as Given), tally: tallyOf(step) } as never)
  } catch (error) {
    const untold = Object.keys(policy.facts(common.options)).filter(name => !(name in (step.facts ?? {})))
    if (untold.length === 0) throw error
    throw new Error(`${error}: the scenario does not say what it knows by its facts (${untold.join(', ')})`, { cause: error })
  }
}

/** The trace of an ordinary case of which this has become. */
function aftermath(given: Given, outcome: Outcome = 'delivered'): Trace {
  const { session, sender, parameters, recipients } = ordinary(given)
  return {
    id: `${session.id}.1`,
    started: new Date(0).toISOString(),
    ms: 0,
    session,
    sender: sender && formatAddress(sender),
    parameters,
    recipients: recipients.map(recipient => ({ address: formatAddress(recipient), outcome, score: 0, reply: '' })),
    facts: [],
    entries: [],
    ending: 'answered',
  }
}

function tallyOf({
  score,
  evidence = score === undefined ? {} : { other: score },
}: {
  readonly score?: number
  readonly evidence?: EvidencePoints
}): Tally {
  return { score: scoreOf(evidence), evidence }
}

function inShort(verdict: Verdict): string {
  if (verdict.action === 'pass') return 'pass'
  const points = verdict.action === 'score' || pointsOf(verdict) !== 0 ? `${pointsOf(verdict)} ` : ''
  return `${verdict.action} ${points}${verdict.reason}`
}
