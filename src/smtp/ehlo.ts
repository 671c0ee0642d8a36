import { prepare, type WireReply } from './wire-reply.ts'

/** What we say of ourselves, to everybody. */
interface House {
  readonly hostname: string
  readonly smtputf8: boolean
  readonly limits: { readonly messageBytes: number }
}

/** What is different from client to client. */
interface Offer {
  readonly recipients: number
  readonly startTls: boolean
  readonly xclient: boolean
  /** RFC 3461. */
  readonly dsn: boolean
  /** RFC 8689. */
  readonly requireTls: boolean
  /** Of AUTH (RFC 4954). */
  readonly mechanisms: readonly string[]
}

/** The replies that are the same for all clients of a listener: made once, since each session begins with them. */
export class StandingReplies {
  readonly greeting: WireReply
  readonly helo: WireReply
  readonly #house: House
  readonly #ehlo = new Map<string, WireReply>()

  constructor(house: House) {
    this.#house = house
    this.greeting = prepare({ code: 220, lines: [`${house.hostname} ESMTP`] })
    this.helo = prepare({ code: 250, lines: [house.hostname] })
  }

  /** Our answer to EHLO: what we can do (RFC 5321, 4.1.1.1). */
  ehlo({ recipients, startTls, xclient, dsn, requireTls, mechanisms }: Offer): WireReply {
    const key = [recipients, startTls, xclient, dsn, requireTls, ...mechanisms].join(' ')
    const known = this.#ehlo.get(key)
    if (known) return known
    const { hostname, smtputf8, limits } = this.#house
    const lines = [
      hostname,
      'PIPELINING',
      `SIZE ${limits.messageBytes}`,
      '8BITMIME',
      'ENHANCEDSTATUSCODES',
      ...(smtputf8 ? ['SMTPUTF8'] : []),
      ...(startTls ? ['STARTTLS'] : []),
      ...(mechanisms.length > 0 ? [`AUTH ${mechanisms.join(' ')}`] : []),
      ...(dsn ? ['DSN'] : []),
      ...(requireTls ? ['REQUIRETLS'] : []),
      `LIMITS RCPTMAX=${recipients}`, // RFC 9422
      ...(xclient ? ['XCLIENT NAME ADDR PORT PROTO HELO DESTADDR DESTPORT'] : []),
    ]
    const reply = prepare({ code: 250, lines })
    this.#ehlo.set(key, reply)
    return reply
  }
}
