import assert from 'node:assert/strict'
import { it } from 'node:test'
import { explain } from '../../src/report/explain.ts'
import { entry, recipient, trace } from './trace.ts'

const everyone = () => true
const mode = 'enforce'

it('an explanation tells what was found, what was said, how it added up, and the reply', () => {
  const text = explain({
    trace: trace({
      facts: [
        { fact: 'reverse-dns', value: { status: 'none' }, ms: 12 },
        { fact: 'dnsbl(bl.test)', error: 'TimeoutError: dnsbl took too long', ms: 2000 },
      ],
      entries: [
        entry('reverse-dns', { action: 'score', points: 2, reason: 'none' }),
        entry('helo', { action: 'score', points: 9, reason: 'own-name' }, { phase: 'helo', shadow: true }),
        entry('dnsbl', { action: 'pass' }, { error: 'TimeoutError: dnsbl took too long' }),
        entry(
          'limit',
          { action: 'reject', reason: 'high', detail: '2 points' },
          { phase: 'message', recipients: ['bob@our.example'] },
        ),
      ],
      recipients: [
        recipient('bob@our.example', {
          outcome: 'rejected',
          reply: '550 5.7.1 No [X.1]',
          rule: 'limit',
          reason: 'high',
          score: 2,
        }),
      ],
      message: { size: 123, subject: 'Hello' },
    }),
    mode,
    concerns: everyone,
    flips: [
      { change: { without: 'limit' }, recipients: [{ address: 'bob@our.example', outcome: 'delivered', reply: '250 OK' }] },
    ],
  })
  assert.match(text, /^Transaction 1N3Z8QK4F00A\.1$/m)
  assert.match(text, /^ {2}reverse-dns +12 ms +\{"status":"none"\}$/m)
  assert.match(text, /^ {2}dnsbl\(bl\.test\) +2000 ms +not found out: TimeoutError/m)
  assert.match(text, /^ {2}connect +reverse-dns +1 ms +\+2 +sum 2 +none$/m)
  assert.match(text, /^ {2}helo +helo +1 ms +\(\+9\) +sum 2 +own-name; shadow: does not count$/m)
  assert.match(text, /^ {2}connect +dnsbl +1 ms +pass +sum 2 +failed: TimeoutError/m)
  assert.match(text, /^ {2}message +limit +1 ms +reject +sum 2 +high: 2 points$/m)
  assert.match(text, /^ {2}<bob@our\.example> rejected, score 2, by limit: high, smtp:\/\/hop\n {4}550 5\.7\.1 No \[X\.1\]$/m)
  assert.match(text, /^ {2}without the rule limit: <bob@our\.example> delivered \(250\)$/m)
})

it('recipients are told apart when other rules judge them', () => {
  const text = explain({
    trace: trace({
      entries: [entry('dnsbl', { action: 'score', points: 4, reason: 'listed' })],
      recipients: [recipient('bob@our.example', { score: 4 }), recipient('abuse@our.example')],
    }),
    mode,
    concerns: (_, address) => address.startsWith('bob'),
  })
  assert.match(text, /^Verdicts for bob@our\.example\n {2}connect +dnsbl/m)
  assert.match(text, /^Verdicts for abuse@our\.example\n {2}no rule judges mail for it$/m)
  assert.doesNotMatch(text, /What would have changed it/)
})

it('points that would have changed the outcome are told with their direction', () => {
  const recipients = [{ address: 'bob@our.example', outcome: 'quarantined' as const, reply: '250 OK' }]
  const flip = (points: number) =>
    explain({ trace: trace(), mode, concerns: everyone, flips: [{ change: { points }, recipients }] })
  assert.match(flip(1), /with 1 point more: <bob@our\.example> quarantined/)
  assert.match(flip(-2.5), /with 2\.5 points less: <bob@our\.example> quarantined/)
  assert.match(explain({ trace: trace(), mode, concerns: everyone, flips: [] }), /no single rule, and no points/)
})

it('what comes from the mail cannot reach the terminal raw', () => {
  const evil = '\x1b[2J\x9b\u202e'
  const text = explain({
    trace: trace({
      session: { ...trace().session, helo: evil },
      sender: evil,
      message: { size: 1, subject: evil, from: evil, messageId: evil },
      facts: [
        { fact: evil, value: evil, ms: 1 },
        { fact: 'x', error: evil, ms: 1, recipient: evil },
      ],
      entries: [entry('x', { action: 'reject', reason: evil, detail: evil }, { error: evil })],
      recipients: [recipient(evil, { reply: evil, detail: evil, where: evil, rule: evil, reason: evil })],
    }),
    mode,
    concerns: everyone,
    flips: [{ change: { without: evil }, recipients: [{ address: evil, outcome: 'delivered', reply: evil }] }],
  })
  assert.doesNotMatch(text.replaceAll('\n', ''), /[\x00-\x1f\x7f-\x9f\u202e]/)
})

it('observe mode is told, because the outcome does not follow from the verdicts', () => {
  assert.match(
    explain({ trace: trace(), mode: 'observe', concerns: everyone }),
    /^Outcome in observe mode, in which all mail is relayed$/m,
  )
})
