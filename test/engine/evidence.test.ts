import assert from 'node:assert/strict'
import { it } from 'node:test'
import { addPoints, type EvidencePoints, scoreOf } from '../../src/engine/evidence.ts'
import type { AnyPolicy } from '../../src/engine/policy.ts'
import { tallyOf } from '../../src/engine/tally.ts'
import { quarantine, score, tag } from '../../src/engine/verdict.ts'
import { says, testRule } from './stage.ts'

const everyone = () => true

it('no kind of evidence counts more than its limit', () => {
  const evidence: EvidencePoints = addPoints(addPoints({}, 'ip-reputation', 6), 'ip-reputation', 6)
  assert.deepEqual([evidence, scoreOf(evidence)], [{ 'ip-reputation': 12 }, 8])
})

it('nor less', () => {
  assert.equal(scoreOf({ history: -9, header: 1 }), -5)
})

it('what is beyond a limit is not lost when points are taken off', () => {
  const evidence = addPoints({ 'ip-reputation': 12 }, 'ip-reputation', -2)
  assert.equal(scoreOf(evidence), 8)
})

it('the order of rules does not change a sum', () => {
  const rules = [
    ['a', 6],
    ['b', -2],
    ['c', 6],
  ] as const
  const judgements = rules.map(([name, points]) => {
    const rule = says(name, 'message', score(points, 'x'))
    const policy: AnyPolicy = { ...rule.policy, evidence: 'ip-reputation' }
    return { rule: testRule(policy), verdict: score(points, 'x') }
  })
  assert.equal(tallyOf(judgements, everyone).score, 8)
  assert.equal(tallyOf(judgements.toReversed(), everyone).score, 8)
})

it('marks bring points, and the first of each is remembered', () => {
  const rule = (name: string) => says(name, 'message', score(0, 'x'))
  const {
    score: sum,
    tag: tagged,
    quarantine: held,
    end,
  } = tallyOf(
    [
      { rule: rule('a'), verdict: tag('x', undefined, 2.5) },
      { rule: rule('b'), verdict: tag('x') },
      { rule: rule('c'), verdict: quarantine('x', 'why', 4) },
    ],
    everyone,
  )
  assert.deepEqual([sum, tagged?.rule.name, held?.rule.name, end], [6.5, 'a', 'c', undefined])
})
