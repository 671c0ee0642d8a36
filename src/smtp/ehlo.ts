import type { WireReply } from './wire-reply.ts'

export interface Extensions {
  readonly hostname: string
  readonly messageBytes: number
  readonly recipients: number
  readonly smtputf8: boolean
  readonly startTls: boolean
  readonly xclient: boolean
}

/** Our answer to EHLO: what we can do (RFC 5321, 4.1.1.1). */
export function ehloReply(offer: Extensions): WireReply {
  const lines = [
    offer.hostname,
    'PIPELINING',
    `SIZE ${offer.messageBytes}`,
    '8BITMIME',
    'ENHANCEDSTATUSCODES',
    ...(offer.smtputf8 ? ['SMTPUTF8'] : []),
    ...(offer.startTls ? ['STARTTLS'] : []),
    `LIMITS RCPTMAX=${offer.recipients}`, // RFC 9422
    ...(offer.xclient ? ['XCLIENT NAME ADDR PORT PROTO HELO DESTADDR DESTPORT'] : []),
  ]
  return { code: 250, lines }
}
