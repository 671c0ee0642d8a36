import { type Address, formatAddress } from '../mail/address.ts'
import { type Reply, withId } from '../mail/reply.ts'
import { isSubmission } from '../mail/session.ts'
import type { Cause } from './tally.ts'
import type { RecipientTrace } from './trace.ts'
import type { Transaction } from './transport.ts'

/**
 * What we say when a rule refuses: the reason's own words, where to ask about it, and the id by which the operator finds
 * the rest. Mail to postmaster is judged by no rule (RFC 5321, 4.5.1): so whoever is refused by mistake can say so.
 */
export function refusalReply({ action, rule, reason }: Cause, transaction: Transaction, recipient?: Address): Reply {
  const { id, session, sender } = transaction
  const [status, words, code = 550] = rule.policy.reasons[reason] ?? ['3.0', 'Temporary problem, please try again']
  const said: Record<string, string> = { client: session.client.ip, helo: session.helo ?? '', sender: formatAddress(sender) }
  const text = words.replace(/\{(client|helo|sender)\}/g, (_: string, name: string) => said[name] ?? '')
  if (action === 'defer') return withId({ code: code < 500 ? code : 451, status: `4.${status}`, text }, id)
  const appeal = recipient && !isSubmission(session) ? `; questions to postmaster@${recipient.domain}` : ''
  return withId({ code: code < 500 ? 550 : code, status: `5.${status}`, text: text + appeal }, id)
}

/** Refusals that no rule can change: they come before all policy. */
export const relayDenied: Reply = { code: 550, status: '5.7.1', text: 'We do not relay for this address' }
export const tooManyRecipients: Reply = {
  code: 452,
  status: '4.5.3',
  text: 'Too many recipients, please send to the rest separately',
}
export const otherNextHop: Reply = {
  code: 452,
  status: '4.5.3',
  text: 'Please send to this recipient in a transaction of its own',
}
export const notKept: Reply = { code: 451, status: '4.3.0', text: 'The message could not be stored, please try again' }
export const senderLeft: Reply = { code: 451, status: '4.4.2', text: 'The connection was lost before the message was taken' }

/** How a reply looks on the wire, and in a trace. */
export function formatReply({ code, status, text }: Reply): string {
  return `${code} ${status} ${text}`
}

/** Which rule decided, as a trace tells it. */
export function decidedBy(cause: Cause | undefined): Pick<RecipientTrace, 'rule' | 'reason'> {
  return cause ? { rule: cause.rule.name, reason: cause.reason } : {}
}
