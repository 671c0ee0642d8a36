import type { Delivery } from '../engine/transport.ts'
import type { Address } from '../mail/address.ts'
import { isAccepted, type Reply } from '../mail/reply.ts'
import { isTooMany, type Scope, scopeOf } from './answers.ts'
import type { Job, QueuedRecipient } from './record.ts'
import { step } from './step.ts'
import type { Way } from './way.ts'

/** What has become of one recipient in an attempt. */
export interface Said {
  readonly recipient: QueuedRecipient
  readonly reply: Reply
  readonly scope: Scope
  /** The other side tells the sender of its success. */
  readonly isTold?: boolean
  /** It was not its turn: the transaction was full. */
  readonly isNext?: boolean
}

/** RFC 5321, 4.5.3.1.8: every server takes so many in one transaction. */
const mostRecipients = 100

const noAnswer: Reply = { code: 451, status: '4.5.0', text: 'There was no answer for this recipient' }
const leaseOver: Reply = { code: 451, status: '4.3.0', text: 'The delivery took too long to begin', detail: 'the lease was over' }

/** Brings a job to its transport, and answers for each recipient. It never throws. `isOurs` is asked before anything is sent. */
export async function attempt(job: Job, way: Way, isOurs: () => boolean): Promise<readonly Said[]> {
  const said: Said[] = []
  for (let at = 0; at < job.recipients.length; at += mostRecipients) {
    const portion = job.recipients.slice(at, at + mostRecipients)
    const last = said.at(-1)
    // What is not reached for some is not asked again for the others.
    if (last?.scope === 'destination') said.push(...portion.map(recipient => ({ ...last, recipient })))
    else said.push(...(await transact({ ...job, recipients: portion }, way, isOurs)))
  }
  return said
}

async function transact(job: Job, { transport }: Way, isOurs: () => boolean): Promise<Said[]> {
  const { id, session, sender, parameters } = job.mail
  const delivery = transport.begin({ id, session, sender, parameters: { ...parameters, size: job.size } })
  try {
    const refused = await ask(job, delivery)
    const named = job.recipients.filter(({ number }) => !refused.has(number))
    step('deliver: asked')
    const sent = named.length > 0 ? await send(job, named, delivery, isOurs) : []
    return [...refused.values(), ...sent]
  } catch (error) {
    // A transport answers for its troubles; this one is ours.
    const reply = { ...noAnswer, detail: String(error) }
    return job.recipients.map(recipient => ({ recipient, reply, scope: 'message' }))
  } finally {
    delivery.end()
  }
}

/** Names all recipients, and answers with those that were not taken. */
async function ask({ recipients }: Job, delivery: Delivery): Promise<Map<number, Said>> {
  const refused = new Map<number, Said>()
  for (const [index, recipient] of recipients.entries()) {
    const reply = await delivery.ask(recipient.address, recipient.parameters)
    if (isAccepted(reply)) continue
    const scope = scopeOf(reply, 'asked')
    const rest = scope === 'destination' ? recipients.slice(index) : [recipient]
    const isNext = isTooMany(reply) && refused.size < index
    for (const each of rest) refused.set(each.number, { recipient: each, reply, scope, ...(isNext && { isNext }) })
    if (scope === 'destination') break
  }
  return refused
}

async function send(
  job: Job,
  recipients: readonly QueuedRecipient[],
  delivery: Delivery,
  isOurs: () => boolean,
): Promise<Said[]> {
  if (!isOurs()) return recipients.map(recipient => ({ recipient, reply: leaseOver, scope: 'message' }))
  const replies: ReadonlyMap<Address, Reply> = await delivery.send(
    recipients.map(({ address }) => address),
    job.message,
  )
  step('deliver: sent')
  return recipients.map(recipient => {
    const reply = replies.get(recipient.address) ?? noAnswer
    const isTold = delivery.tellsSender === true && isAccepted(reply)
    return { recipient, reply, scope: scopeOf(reply, 'sent'), ...(isTold && { isTold }) }
  })
}
