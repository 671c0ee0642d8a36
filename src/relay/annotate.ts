import type { Trace } from '../engine/trace.ts'
import type { Message } from '../mail/message.ts'
import { isSubmission } from '../mail/session.ts'
import { authenticationResultsField } from './authentication-results.ts'
import { claimsToBe } from './authserv-id.ts'
import { PrefixedMessage } from './prefixed-message.ts'
import { reasonField } from './reason-field.ts'
import { receivedField } from './received-field.ts'
import { receivedSpfField } from './received-spf-field.ts'

export interface Annotation {
  /** Our name: in Received, and as the authserv-id unless there is another. */
  readonly hostname: string
  readonly authservId?: string
  /** Whether Received tells which account has sent the message. */
  readonly showUser?: boolean
  readonly trace: Trace
  /** When the message was received. */
  readonly now: Date
}

/**
 * The message as it is passed on: with our block on top, and without the Authentication-Results that pretend to be ours.
 * Every other byte is as it came, because it may be signed.
 */
export function annotate(message: Message, annotation: Annotation): Message {
  const { hostname, authservId = hostname, trace, now, showUser = false } = annotation
  // What we have found out about our own users is not for the world.
  const findings = isSubmission(trace.session)
    ? []
    : [authenticationResultsField(authservId, trace), receivedSpfField(hostname, trace), reasonField(trace)]
  // RFC 8601, 5: results stand above the Received of whoever found them.
  const block = [...findings, receivedField({ hostname, trace, now, showUser })]
  const forged = message.fields.filter(field => claimsToBe(authservId, field))
  return new PrefixedMessage(block.join(''), message, forged)
}
