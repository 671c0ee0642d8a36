import type { RecipientTrace, Trace } from '../../src/engine/trace.ts'

/** A trace as the engine has it when a message is about to be handed over. */
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
      esmtp: true,
      violations: [],
    },
    sender: 'sender@example.com',
    parameters: {},
    recipients: [recipient('anna@example.org')],
    facts: [],
    entries: [],
    ending: 'answered',
    ...changes,
  }
}

export function recipient(address: string, changes: Partial<RecipientTrace> = {}): RecipientTrace {
  return { address, outcome: 'delivered', score: 0, reply: '250 2.0.0 Accepted', ...changes }
}

/** The fact `reverse-dns`, as a trace holds it. */
export function reverseDns(value: unknown): Pick<Trace, 'facts'> {
  return { facts: [{ fact: 'reverse-dns', value, ms: 1 }] }
}
