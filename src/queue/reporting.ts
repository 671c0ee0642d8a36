import { type Action, isWanted, type Outcome } from '../dsn/outcome.ts'
import { deliveryReport } from '../dsn/report.ts'
import { newId } from '../mail/id.ts'
import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import { remoteOf } from './answers.ts'
import type { Job, NewMail, QueuedRecipient } from './record.ts'
import type { QueueSettings } from './settings.ts'

export interface ReportNeeds {
  readonly hostname: string
  readonly settings: QueueSettings
  readonly now: () => Date
  /** Signs a message of our own; it may give it back as it is. */
  readonly sign: (message: Message) => Message | Promise<Message>
}

/** One recipient, and what its sender may hear. */
export interface News {
  readonly recipient: QueuedRecipient
  readonly action: Action
  readonly reply: Reply
}

/** Whether there is somebody who may be told: never a stranger, and never about a report (RFC 5321, 6.1). */
export function mayReport({ mail }: Pick<Job, 'mail'>): boolean {
  return mail.isOwn && mail.sender !== null
}

/** The report that the sender wants of this; none if he wants none, or may have none. */
export async function reportOf(job: Job, news: readonly News[], needs: ReportNeeds): Promise<Report | undefined> {
  const { sender, parameters, id: about } = job.mail
  const wanted = news.filter(({ recipient, action }) => isWanted(recipient.parameters, action))
  if (!mayReport(job) || !sender || wanted.length === 0) return undefined
  const { hostname, settings, sign } = needs
  const now = needs.now()
  const id = newId(now)
  const message = await deliveryReport({
    ...{ hostname, id, about, to: sender, parameters, message: job.message, now },
    outcomes: wanted.map(outcomeOf),
    arrived: new Date(job.created),
    retryUntil: new Date(job.created + settings.lifetimeMs),
  })
  const mail: NewMail = {
    id,
    sender: null,
    isOwn: false,
    parameters: { body: '8BITMIME' },
    session: { id, listener: 'submission', client: { ip: '127.0.0.1', port: 0 }, helo: hostname, esmtp: true, violations: [] },
    // RFC 3461, 6.2: reports are about reports for nobody.
    recipients: [{ address: sender, parameters: { notify: ['NEVER'] } }],
    lifetimeMs: settings.reportLifetimeMs,
  }
  return { mail, message: await sign(message) }
}

interface Report {
  readonly mail: NewMail
  readonly message: Message
}

function outcomeOf({ recipient, action, reply }: News): Outcome {
  const { server, said } = remoteOf(reply)
  const { address, parameters } = recipient
  return { address, parameters, action, reply, ...(server !== undefined && { server }), ...(said !== undefined && { said }) }
}
