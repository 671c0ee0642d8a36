import assert from 'node:assert/strict'
import { it } from 'node:test'
import { defineFact } from '../../src/engine/fact.ts'
import { definePolicy } from '../../src/engine/policy.ts'
import type { FactEntry } from '../../src/engine/trace.ts'
import { withRecordedFacts } from '../../src/report/replay.ts'
import { ordinary } from '../../src/testing.ts'
import { testRule } from '../engine/stage.ts'

const live = defineFact({
  name: 'live',
  since: 'rcpt',
  find: (): string => {
    throw new Error('a replay looks nothing up')
  },
})
const policy = definePolicy({ name: 'p', phase: 'rcpt', summary: '', facts: () => ({ live }), judge: () => ({ action: 'pass' }) })

function replayed(entries: readonly FactEntry[], known: object = ordinary()): unknown {
  const [rule] = withRecordedFacts([testRule(policy)], { facts: entries })
  return rule?.facts.live?.find(known as never, {} as never)
}

it('a fact is what the trace says it was', () => {
  assert.deepEqual(replayed([{ fact: 'live', value: { is: 1 }, ms: 3 }]), { is: 1 })
})

it('a fact of RCPT is the one of its recipient', () => {
  const of = (local: string, value: string) => ({ fact: 'live', value, ms: 1, recipient: `${local}@our.example` })
  const known = (local: string) => ({ ...ordinary(), recipient: { local, domain: 'our.example' } })
  const entries = [of('anna', 'for Anna'), of('bob', 'for Bob')]
  assert.equal(replayed(entries, known('bob')), 'for Bob')
  assert.equal(replayed(entries, known('anna')), 'for Anna')
})

it('what could not be found out then cannot be found out now', () => {
  assert.throws(() => replayed([{ fact: 'live', error: 'TimeoutError: too slow', ms: 1 }]), /TimeoutError: too slow/)
  assert.throws(() => replayed([]), /live is not in the trace/)
})

it('unless what a trace does not hold is to be looked up after all', () => {
  const found = defineFact({ name: 'found', since: 'rcpt', find: () => 'now' })
  const asks = definePolicy({
    name: 'p',
    phase: 'rcpt',
    summary: '',
    facts: () => ({ found }),
    judge: () => ({ action: 'pass' }),
  })
  const [rule] = withRecordedFacts([testRule(asks)], { facts: [] }, { missing: 'look up' })
  assert.equal(rule?.facts.found?.find(ordinary() as never, {} as never), 'now')
})
