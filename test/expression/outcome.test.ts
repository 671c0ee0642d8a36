import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Fault } from '../../src/expression/fault.ts'
import { readOutcome } from '../../src/expression/outcome.ts'

const said = (text: string) => {
  const { verdict, reason } = readOutcome(text)
  return { ...verdict('why'), reason }
}
const usual = ['7.1', 'We do not take this message']
const trouble = (text: string) => {
  try {
    return readOutcome(text)
  } catch (error) {
    assert.ok(error instanceof Fault)
    return `${error.about.offset}: ${error.message}`
  }
}

describe('what a line says', () => {
  it('is a verdict', () => {
    assert.deepEqual(readOutcome('pass').verdict('why'), { action: 'pass' })
    assert.deepEqual(said('score 3'), { action: 'score', points: 3, reason: usual, detail: 'why' })
    assert.deepEqual(said(' score -1.5 "friends" '), { action: 'score', points: -1.5, reason: usual, detail: 'friends: why' })
    assert.deepEqual(said('tag'), { action: 'tag', reason: usual, detail: 'why' })
    assert.deepEqual(said('quarantine 4 "look at it"'), {
      action: 'quarantine',
      points: 4,
      reason: usual,
      detail: 'look at it: why',
    })
    assert.deepEqual(said('accept'), { action: 'accept', reason: usual, detail: 'why' })
    assert.deepEqual(said('defer'), { action: 'defer', reason: usual, detail: 'why' })
  })

  it('has the words that the sender reads', () => {
    assert.deepEqual(said('reject "No, {client}"').reason, ['7.1', 'No, {client}'])
    assert.deepEqual(said('reject "5.7.26 No"').reason, ['7.26', 'No'])
    assert.deepEqual(said('reject "554 5.7.1 No"').reason, ['7.1', 'No', 554])
    assert.deepEqual(said('defer "4.7.1 Later"').reason, ['7.1', 'Later'])
    assert.deepEqual(said('defer "452 Later"').reason, ['7.1', 'Later', 452])
  })

  it('is refused when it is none', () => {
    const refused: Readonly<Record<string, string>> = {
      'scoer 3': '0: expected what to do, such as score 3, found "scoer"',
      score: '5: expected points, such as score 3, found none',
      'score three': '6: expected score 3 and nothing behind it, found "three"',
      'score 3 points': '8: expected score 3 and nothing behind it, found "points"',
      'score 1000': '6: expected at most 100 points, found 1000',
      'accept 3': '7: expected accept, found 3',
      'pass "x"': '5: expected pass, found "x"',
      'reject "4.7.1 No"': '8: expected a status that begins with 5., found 4.7.1',
      'reject "450 5.7.1 No"': '8: expected one of the codes 550, 554, 521, found 450',
      'defer "554 No"': '7: expected one of the codes 451, 452, found 554',
      'reject "5.7.1 Nein, außer"': '8: expected one line of at most 120 characters in ASCII, found "Nein, außer"',
      'reject "5.7.1 "': '8: expected one line of at most 120 characters in ASCII, found ""',
      'reject "No': '7: expected reject, or reject "5.7.1 what the sender reads" and nothing behind it, found "\\"No"',
      'reject "No\r\n250 OK"': '8: expected one line of at most 120 characters in ASCII, found "No\\r\\n250 OK"',
    }
    for (const [text, told] of Object.entries(refused)) assert.equal(trouble(text), told)
  })
})
