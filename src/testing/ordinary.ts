import type { Known } from '../engine/phase.ts'
import { MemoryMessage, type Message } from '../mail/message.ts'

/** A message from its header fields and its body, whose lines end as they like. */
export function message(headers: Readonly<Record<string, string>>, body = ''): Message {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return new MemoryMessage(Buffer.from([...fields, '', body].join('\n').replaceAll(/\r?\n/g, '\r\n')))
}

type Everything = Known['message'] & Known['rcpt']

/** What a test may say of a case: the rest is ordinary. */
export type Given<P extends keyof Known = 'message'> = Partial<Omit<Known[P], 'session'>> & {
  readonly session?: Partial<Known[P]['session']>
}

/** An unremarkable message from one stranger to another, but for what is given. */
export function ordinary(given: Given = {}): Everything {
  return {
    sender: { local: 'alice', domain: 'sender.example' },
    parameters: {},
    recipient: { local: 'bob', domain: 'our.example' },
    others: [],
    unknown: 0,
    recipients: [{ local: 'bob', domain: 'our.example' }],
    message: message({ From: 'alice@sender.example', Subject: 'Hello' }, 'Hello Bob!\n'),
    ...given,
    session: { ...session, ...given.session },
  }
}

const session: Everything['session'] = {
  id: '1N3Z8QK4F00A',
  listener: 'mx',
  client: { ip: '192.0.2.1', port: 34567 },
  helo: 'mx.sender.example',
  esmtp: true,
  violations: [],
}
