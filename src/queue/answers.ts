import { isTemporary, type Reply } from '../mail/reply.ts'

/** What another server has said, or that it was not reached. */
export interface Remote {
  /** Its name, as the transport knows it. */
  readonly server?: string
  /** Its own words: `550 5.1.1 No such user`. Absent when it said nothing. */
  readonly said?: string
  readonly code?: number
}

/** What a transport tells in the detail of a reply: `smtp://10.0.0.5:25: 550 5.1.1 No such user`. */
export function remoteOf({ detail = '' }: Reply): Remote {
  const [, server, rest = ''] = /^(\S+?): (.*)$/s.exec(detail) ?? []
  if (server === undefined) return {}
  const [, code] = /^([2-5]\d\d)(?: |$)/.exec(rest) ?? []
  return code === undefined ? { server } : { server, said: rest, code: Number(code) }
}

/** What a temporary failure is about: one recipient, this message, or all mail for its destination. */
export type Scope = 'recipient' | 'message' | 'destination'

/** When an answer came: to the recipient, or to the message. */
type When = 'asked' | 'sent'

/** Words in which providers say that they have had enough from us for now. */
const limited =
  /rate.?limit|throttl|too many (?:connections|messages|concurrent|recent)|unusual rate|temporarily deferred|connection limit|quota exceeded for|exceeded the rate|4\.7\.28|4\.7\.650/i

/** Whether all mail for the destination had better wait. */
export function scopeOf(reply: Reply, when: When): Scope {
  if (!isTemporary(reply)) return 'recipient'
  const { said, code } = remoteOf(reply)
  // Said nothing: it was not reached, or it broke off. In the middle of a message, that may be the message's fault.
  if (said === undefined) return when === 'asked' ? 'destination' : 'message'
  return code === 421 || isLimited(reply) ? 'destination' : 'recipient'
}

export function isLimited(reply: Reply): boolean {
  return isTemporary(reply) && limited.test(`${reply.status} ${reply.text} ${remoteOf(reply).said ?? ''}`.slice(0, 1000))
}

/** RFC 5321, 4.5.3.1.10: the rest is to come in another transaction. */
export function isTooMany({ code, status }: Reply): boolean {
  return code === 452 && status === '4.5.3'
}

const bounds = { leastMs: 60_000, mostMs: 900_000 } as const
const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

/** When a server that greylists wants to see us again, as far as that is believable: between one and fifteen minutes. */
export function greylistHint(reply: Reply): number | undefined {
  if (!isTemporary(reply)) return undefined
  const text = `${reply.text} ${remoteOf(reply).said ?? ''}`.slice(0, 1000)
  if (!/gr[ea]y.?list|try again in|retry (?:in|after)|come back in|wait (?:for )?\d/i.test(text)) return undefined
  const [, number, unit = 's'] = /(\d{1,5}) ?(s|sec|seconds?|m|min|minutes?|h|hours?)\b/i.exec(text) ?? []
  if (number === undefined) return undefined
  const ms = Number(number) * (units[unit.charAt(0).toLowerCase()] ?? 1000)
  return Math.min(bounds.mostMs, Math.max(bounds.leastMs, ms))
}
