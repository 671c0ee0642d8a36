import { isIPv6 } from 'node:net'
import type { Trace } from '../engine/trace.ts'
import { parseAddress, parseDomain } from '../mail/address.ts'
import type { Session } from '../mail/session.ts'
import { confirmedName } from './client-name.ts'
import { foldField } from './fold.ts'

export interface Reception {
  /** Our name. */
  readonly hostname: string
  readonly trace: Trace
  readonly now: Date
  /** Whether it tells which account has sent the message. */
  readonly showUser?: boolean
}

/** The Received field of one reception (RFC 5321, 4.4): who brought the message, to whom, how and when. */
export function receivedField({ hostname, trace, now, showUser }: Reception): string {
  const { session } = trace
  const recipient = onlyRecipient(trace)
  return foldField('Received', [
    `from ${greetedAs(session)}`,
    `(${confirmedName(trace) ?? 'unknown'} [${literal(session.client.ip)}])`,
    ...(showUser && session.user !== undefined ? [`(authenticated as ${comment(session.user)})`] : []),
    `by ${hostname} (Postern)`,
    `with ${protocol(trace)}`,
    recipient === undefined ? `id ${trace.id};` : `id ${trace.id}`,
    ...(recipient === undefined ? [] : [`for <${recipient}>;`]),
    date(now),
  ])
}

/** What the client said in HELO, if that is a name or an address literal; else its address: nothing else may stand here. */
function greetedAs({ helo, client }: Session): string {
  return (helo === undefined ? undefined : parseDomain(helo)) ?? `[${literal(client.ip)}]`
}

/** What cannot stand in a comment, or in ASCII, is left out: RFC 5322, 3.2.2. */
function comment(text: string): string {
  return text.replace(/[^\x21-\x27\x2a-\x5b\x5d-\x7e]/g, '?')
}

/** RFC 5321, 4.1.3. */
function literal(ip: string): string {
  return isIPv6(ip) ? `IPv6:${ip}` : ip
}

/** RFC 3848, and RFC 6531, 4.3 for the last ones. */
function protocol({ session, parameters }: Trace): string {
  const { esmtp, tls, user } = session
  if (!esmtp && !tls && user === undefined) return 'SMTP'
  return `${parameters?.smtputf8 ? 'UTF8SMTP' : 'ESMTP'}${tls ? 'S' : ''}${user === undefined ? '' : 'A'}`
}

/** More than one would tell each recipient of the others. One that was refused does not count, nor one whose characters were not agreed on. */
function onlyRecipient({ recipients, parameters }: Trace): string | undefined {
  const accepted = recipients.filter(({ outcome }) => outcome !== 'rejected' && outcome !== 'deferred')
  const [only] = accepted
  if (accepted.length !== 1 || !only || !parseAddress(only.address)) return undefined
  return parameters?.smtputf8 || /^[\x20-\x7e]*$/.test(only.address) ? only.address : undefined
}

/** RFC 5322, 3.3, in UTC, so that it does not depend on where a machine believes to stand. */
function date(now: Date): string {
  return now.toUTCString().replace('GMT', '+0000')
}
