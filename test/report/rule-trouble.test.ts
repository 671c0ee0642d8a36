import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Trace } from '../../src/engine/trace.ts'
import { RuleTrouble } from '../../src/report/rule-trouble.ts'

const broken = { phase: 'mail', rule: 'mine', verdict: { action: 'pass' }, shadow: false, ms: 1, error: 'TypeError: x' } as const
const client = { ip: '192.0.2.1', port: 1 }

const at = (started: string): Trace => ({
  id: 'S.1',
  started,
  ms: 1,
  session: { id: 'S', listener: 'mx', client, violations: [] },
  recipients: [],
  facts: [],
  entries: [broken, { ...broken, rule: 'fine', error: undefined }].map(({ error, ...rest }) =>
    error ? { ...rest, error } : rest,
  ),
  ending: 'answered',
})

it('a rule that breaks is told as an error, and again only after a while', () => {
  const told: object[] = []
  const trouble = new RuleTrouble({ error: fields => void told.push(fields) })
  for (const minute of ['00', '05', '11']) trouble.tell(at(`2026-11-23T10:${minute}:00Z`))
  assert.deepEqual(told, Array(2).fill({ rule: 'mine', id: 'S.1', error: 'TypeError: x', verdict: 'pass' }))
})

it('a rule that keeps the process busy is told with the file that its policy stands in', () => {
  const told: object[] = []
  const trouble = new RuleTrouble({ error: fields => void told.push(fields) }, new Map([['fine', '/etc/postern/fine.ts']]))
  const slow = { ...broken, rule: 'fine', blockedMs: 812, error: undefined }
  const { error: _, ...blocked } = slow
  for (const minute of ['00', '05', '11']) trouble.tell({ ...at(`2026-11-23T10:${minute}:00Z`), entries: [blocked] })
  assert.deepEqual(told, Array(2).fill({ rule: 'fine', file: '/etc/postern/fine.ts', id: 'S.1', blockedMs: 812 }))
})
