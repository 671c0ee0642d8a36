import assert from 'node:assert/strict'
import { it } from 'node:test'
import { findConfiguration } from '../config/find.ts'
import { loadConfiguration } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { putInForce } from '../config/rules-in-force.ts'
import type { Trace } from '../engine/trace.ts'
import { judgeAgain, type Remembered } from '../report/judge-again.ts'
import { fateOf } from '../report/summary.ts'
import { memoryStore } from '../world/memory-store.ts'

/** A transaction that was recorded, and what is to become of it by the rules of a configuration. */
export interface TraceCase {
  /** The file; without it, the one that `postern run` would find. */
  readonly configuration?: string
  /** By recipient: `delivered`, `rejected by dnsbl: listed`. */
  readonly expect: Readonly<Record<string, string>>
  /** What rules said because of their memory of then, and what they say without it. */
  readonly remembered?: readonly Remembered[]
  readonly trace: Trace
}

/** Tests that a recorded transaction comes out as expected: judged by the rules in force from the facts that were found then, without a lookup. */
export function testTrace(title: string, { configuration, expect, remembered = [], trace }: TraceCase): void {
  it(title, async () => {
    const source = await findConfiguration(configuration)
    const loaded = 'problems' in source ? source : await loadConfiguration(source.value)
    if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'))
    const store = memoryStore(() => new Date(trace.started))
    const rules = loaded.value.rules.flatMap(rule => putInForce(rule, store))
    const again = await judgeAgain(trace, loaded.value.mode, { remembered })
    const found = await again?.judge(rules)
    assert.deepEqual(Object.fromEntries((found?.recipients ?? []).map(each => [each.address, fateOf(each)])), expect)
  })
}
