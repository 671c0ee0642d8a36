import type { Outcome, Report } from '../../src/dsn/outcome.ts'
import { MemoryMessage } from '../../src/mail/message.ts'

/** A message as one of our users has sent it. */
export const sent: MemoryMessage = new MemoryMessage(
  Buffer.from(
    'From: Ann <ann@our.example>\r\nTo: bob@a.example\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= aus Köln\r\nMessage-ID: <1@our.example>\r\n\r\nSecret: At noon?\r\n',
  ),
)

export const failed: Outcome = {
  address: { local: 'bob', domain: 'a.example' },
  parameters: { orcpt: 'rfc822;Bob@a.example' },
  action: 'failed',
  reply: { code: 550, status: '5.1.1', text: 'No such user' },
  server: 'smtp://mx.a.example:25',
  said: '550 5.1.1 No such user',
}

export const delayed: Outcome = {
  address: { local: 'kim', domain: 'b.example' },
  parameters: {},
  action: 'delayed',
  reply: { code: 451, status: '4.4.1', text: 'The server cannot be reached' },
  server: 'mx.b.example[192.0.2.7]:25',
}

export function reportWith(...outcomes: readonly Outcome[]): Report {
  return {
    ...{ hostname: 'mx.our.example', id: 'REPORT1', about: '1N3Z8QK4F00A.1', to: { local: 'ann', domain: 'our.example' } },
    ...{ parameters: { envid: 'QQ+1' }, outcomes, message: sent },
    arrived: new Date('2026-01-01T10:00:00Z'),
    now: new Date('2026-01-01T14:00:00Z'),
    retryUntil: new Date('2026-01-05T10:00:00Z'),
  }
}
