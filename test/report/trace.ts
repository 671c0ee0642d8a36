import type { RecipientTrace, Trace, TraceEntry } from '../../src/engine/trace.ts'

/** The account of an ordinary transaction, but for what is given. */
export function trace(changes: Partial<Trace> = {}): Trace {
  return {
    id: '1N3Z8QK4F00A.1',
    started: '2026-11-24T08:00:00.000Z',
    ms: 20,
    session: {
      id: '1N3Z8QK4F00A',
      listener: 'mx',
      client: { ip: '192.0.2.1', port: 43210 },
      helo: 'client.example.com',
      violations: [],
    },
    sender: 'ann@sender.example',
    parameters: {},
    recipients: [recipient('bob@our.example')],
    facts: [],
    entries: [],
    ending: 'answered',
    ...changes,
  }
}

export function recipient(address: string, changes: Partial<RecipientTrace> = {}): RecipientTrace {
  return { address, outcome: 'delivered', score: 0, reply: '250 2.0.0 Accepted', where: 'smtp://hop', ...changes }
}

export function entry(rule: string, verdict: TraceEntry['verdict'], changes: Partial<TraceEntry> = {}): TraceEntry {
  return { phase: 'connect', rule, verdict, shadow: false, ms: 1, ...changes }
}
