import type { Address } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import { isAccepted, isTemporary, type Reply, withId } from '../mail/reply.ts'
import type { Gateway } from './gateway.ts'
import type { OpenTransaction } from './open-transaction.ts'
import { notKept } from './refuse.ts'
import { cause, refusal, type Tally } from './tally.ts'
import type { Held } from './transport.ts'

const accepted: Reply = { code: 250, status: '2.0.0', text: 'Accepted' }

interface Copies {
  readonly deliver: readonly Address[]
  readonly quarantine: readonly Address[]
}

/**
 * Brings every copy to its place, and answers for all of them. What can be taken back comes first: a copy in
 * quarantine is ours, but the next hop's answer is final. Never throws; nothing is accepted that is not safe.
 */
export async function deliver(gateway: Gateway, transaction: OpenTransaction, copies: Copies, message: Message): Promise<Reply> {
  notePlans(transaction, copies)
  const answer = withId(accepted, transaction.id)
  const annotated = gateway.annotate(message, transaction.trace('answered', answer))

  const held = copies.quarantine.length ? await hold(gateway, transaction, copies.quarantine, annotated) : nothingHeld
  if (isTrouble(held)) return refuseAll(transaction, held, 'quarantine')
  if (!copies.deliver.length) return answer
  const sent = performance.now()
  const refused = await send(transaction, copies.deliver, annotated)
  gateway.world.meter?.hop(transaction.where, 'message', performance.now() - sent)
  if (!refused.size) return answer
  if (refused.size < copies.deliver.length) return keepRefused(gateway, transaction, refused, annotated)
  await held.discard().catch(() => {}) // a copy too many in quarantine does no harm
  return refuseAll(transaction, theWorst([...refused.values()]), transaction.where)
}

/** What is about to happen, for the reason header and for the trace that goes into quarantine. */
function notePlans(transaction: OpenTransaction, { deliver, quarantine }: Copies): void {
  for (const recipient of deliver) {
    transaction.note(recipient, 'delivered', accepted, accountOf(transaction, recipient))
  }
  for (const recipient of quarantine) {
    const tally = transaction.tallies.get(recipient)
    transaction.note(recipient, 'quarantined', accepted, {
      where: 'quarantine',
      cause: tally && (refusal(tally) ?? tally.quarantine),
    })
  }
}

/** How it comes about that a copy is delivered. */
function accountOf(transaction: OpenTransaction, recipient: Address) {
  const tally = transaction.tallies.get(recipient)
  return { where: transaction.where, tagged: isTagged(tally), cause: tally && cause(tally) }
}

function isTagged(tally: Tally | undefined): boolean {
  return tally?.tag !== undefined && tally.end?.action !== 'accept'
}

/** Hands the message to the next hop, and answers with the recipients it did not take. */
async function send(
  transaction: OpenTransaction,
  recipients: readonly Address[],
  message: Message,
): Promise<Map<Address, Reply>> {
  const refused = new Map<Address, Reply>()
  for (const [recipient, reply] of await transaction.send(recipients, message)) {
    if (!isAccepted(reply)) refused.set(recipient, reply)
    else transaction.note(recipient, 'delivered', reply, accountOf(transaction, recipient))
  }
  return refused
}

/** Some copies are delivered already, so the message counts as accepted: the others wait in quarantine for a person. */
async function keepRefused(
  gateway: Gateway,
  transaction: OpenTransaction,
  refused: ReadonlyMap<Address, Reply>,
  message: Message,
): Promise<Reply> {
  for (const [recipient, reply] of refused) transaction.note(recipient, 'quarantined', reply, { where: 'quarantine' })
  const held = await hold(gateway, transaction, [...refused.keys()], message)
  if (!isTrouble(held)) {
    const text = `Accepted, ${refused.size} of ${transaction.tallies.size} copies held for review`
    return withId({ ...accepted, text }, transaction.id)
  }
  // Delivered twice to some is better than lost for others.
  const reply = withId(held, transaction.id)
  for (const recipient of refused.keys()) transaction.noteRefusal(recipient, reply)
  return reply
}

const nothingHeld: Held = { discard: async () => {} }

async function hold(
  { quarantine }: Gateway,
  transaction: OpenTransaction,
  recipients: readonly Address[],
  message: Message,
): Promise<Held | Reply> {
  try {
    return await quarantine.hold({ sender: transaction.sender, recipients }, message, transaction.trace('answered'))
  } catch (error) {
    return { ...notKept, detail: `quarantine: ${String(error)}` }
  }
}

function isTrouble(held: Held | Reply): held is Reply {
  return 'code' in held
}

/** Nobody gets the message, and the trace says so of each recipient, whatever was planned. `where` is who refused it, if it was not us. */
export function refuseAll(transaction: OpenTransaction, reply: Reply, where = ''): Reply {
  const answer = withId(reply, transaction.id)
  for (const recipient of transaction.recipients) transaction.noteRefusal(recipient, answer, { where })
  return answer
}

/** If one copy may be taken later, the sender should come again. */
function theWorst(replies: readonly Reply[]): Reply {
  return replies.find(isTemporary) ?? replies[0] ?? notKept
}
