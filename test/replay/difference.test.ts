import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { classify } from '../../src/replay/change.ts'
import { countOf, DifferenceCounter } from '../../src/replay/difference.ts'
import { formatDifference } from '../../src/replay/difference-text.ts'
import type { Fate, Gap, Judged } from '../../src/replay/judged.ts'

const fate = (outcome: Fate['outcome'], score = 0, more: Partial<Fate> = {}): Fate => ({ outcome, score, ...more })

function judged(before: Fate, after: Fate | Gap, more: Partial<Judged> = {}): Judged {
  const copies = [{ address: 'bob@our.example', before, after }]
  return {
    id: 'T.1',
    started: '2026-11-24T08:00:00.000Z',
    client: '192.0.2.1',
    sender: 'ann@sender.example',
    merits: [],
    recipients: copies,
    ...more,
  }
}

function count(all: readonly Judged[], samples = 5) {
  const counter = new DifferenceCounter({ samples })
  for (const each of all) counter.add(each)
  return counter.report
}

describe('a change', () => {
  it('has the name of what becomes of the copy now', () => {
    const name = (before: Fate['outcome'], after: Fate['outcome']) => classify(fate(before), fate(after))
    assert.equal(name('delivered', 'rejected'), 'newly-refused')
    assert.equal(name('rejected', 'quarantined'), 'newly-quarantined')
    assert.equal(name('tagged', 'deferred'), 'newly-deferred')
    assert.equal(name('delivered', 'tagged'), 'newly-tagged')
    assert.equal(name('quarantined', 'tagged'), 'newly-delivered')
    assert.equal(name('tagged', 'delivered'), 'no-longer-tagged')
    assert.equal(name('left', 'left'), undefined)
  })

  it('is counted with what speaks for the mail, and the riskiest samples come first', () => {
    const refused = (id: string, more: Partial<Judged> = {}) => judged(fate('delivered'), fate('rejected'), { id, ...more })
    const report = count(
      [refused('A'), refused('B', { merits: ['aligned'] }), refused('C', { merits: ['known', 'aligned'] }), refused('D')],
      3,
    )
    const [first] = report.classes
    assert.deepEqual(
      first?.samples.map(({ id }) => id),
      ['C', 'B', 'A'],
    )
    assert.deepEqual([first?.count, first?.known, first?.aligned, first?.good], [4, 1, 2, 2])
    assert.equal(countOf(report, 'newly-refused-aligned'), 2)
    assert.equal(countOf(report, 'newly-refused'), 4)
    assert.equal(countOf(report, 'newly-quarantined'), 0)
  })

  it('may come from points that have crossed a threshold', () => {
    const sum = { rule: 'score-limit', reason: 'suspicious', isSum: true } as const
    const [first] = count([judged(fate('delivered', 7), fate('quarantined', 9, sum))]).classes
    assert.equal(first?.acrossThreshold, 1)
  })

  it('is none when only the points or the reason are others: that is told apart', () => {
    const report = count([
      judged(fate('delivered', 1), fate('delivered', 3)),
      judged(fate('rejected', 0, { rule: 'a', reason: 'x' }), fate('rejected', 0, { rule: 'b', reason: 'x' })),
    ])
    assert.deepEqual([report.changed, report.unchanged, report.scoreMoved.up, report.otherCause], [0, 2, 1, 1])
  })
})

it('what could not be decided is neither changed nor unchanged', () => {
  const report = count([
    judged(fate('delivered'), { rule: 'spf', missing: 'spf' }),
    judged(fate('rejected'), { missing: 'the message' }),
  ])
  assert.deepEqual([report.changed, report.unchanged, report.undecided], [0, 0, 2])
  assert.equal(countOf(report, 'undecided'), 2)
  const text = formatDifference(report)
  assert.match(text, /undecided: 1: spf asks for spf, which was not recorded/)
  assert.match(text, /undecided: 1: the message never came/)
})

it('what mail says of itself cannot move the cursor of who reads the report', () => {
  assert.doesNotMatch(formatDifference(count([judged(fate('delivered'), fate('rejected'), { sender: '\x1b[2J' })])), /\x1b/)
})
