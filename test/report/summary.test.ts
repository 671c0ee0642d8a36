import assert from 'node:assert/strict'
import { it } from 'node:test'
import { summarize } from '../../src/report/summary.ts'
import { recipient, trace } from './trace.ts'

const client = '192.0.2.1 client.example.com'
const end = '1N3Z8QK4F00A.1 20 ms'

it('a delivery is told with where the copy is', () => {
  assert.equal(summarize(trace()), `${client} <ann@sender.example> → <bob@our.example> DELIVERED (to smtp://hop) ${end}`)
})

it('a refusal is told with its code, the rule, the reason and the points', () => {
  const refused = recipient('bob@our.example', {
    outcome: 'rejected',
    reply: '554 5.7.1 No',
    rule: 'dnsbl',
    reason: 'listed',
    score: 0.1 + 0.2,
  })
  assert.equal(
    summarize(trace({ recipients: [refused], sender: null })),
    `${client} <> → <bob@our.example> REJECTED 554 (by dnsbl: listed, score 0.3) ${end}`,
  )
})

it('recipients with the same fate stand together, and only the first few by name', () => {
  const many = ['a', 'b', 'c', 'd', 'e'].map(local => recipient(`${local}@our.example`))
  const held = recipient('f@our.example', { outcome: 'quarantined', rule: 'score-limit', reason: 'suspicious', score: 8 })
  assert.equal(
    summarize(trace({ recipients: [...many, held] })),
    `${client} <ann@sender.example> → <a@our.example>, <b@our.example>, <c@our.example> and 2 more DELIVERED (to smtp://hop); ` +
      `<f@our.example> QUARANTINED (by score-limit: suspicious, score 8) ${end}`,
  )
})

it('a client that never sent MAIL, or named nobody, has a line too', () => {
  const { sender: _, ...nothing } = trace({ recipients: [], ending: 'disconnected' })
  assert.equal(summarize(nothing), `${client} no mail (disconnected) ${end}`)
  assert.equal(summarize(trace({ recipients: [], ending: 'quit' })), `${client} <ann@sender.example> → nobody (quit) ${end}`)
})

it('what comes from the mail cannot reach the terminal raw', () => {
  const session = { ...trace().session, helo: '\x1b]0;x\x07' }
  const line = summarize(trace({ session, sender: 'a\x9b@x', recipients: [recipient('\x1b[2J@x')] }))
  assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f]/)
})
