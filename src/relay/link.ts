import { isIPv6 } from 'node:net'
import type { Session } from '../mail/session.ts'
import type { ClientConnection } from './client-connection.ts'
import { greetingOf, xclientCommand, xclientWithoutAddress } from './client-identity.ts'
import { type Extensions, noExtensions, parseExtensions } from './extensions.ts'
import type { NextHop } from './next-hop.ts'
import { type Answer, describe, isPositive, isTrouble, type Trouble } from './server-reply.ts'

/** A connection to a next hop that has been greeted and can carry transactions, one after the other. */
export class Link {
  readonly connection: ClientConnection
  readonly hop: NextHop
  /** How many transactions it has been used for. */
  uses = 0
  /** Whether it is encrypted. */
  isSecure = false
  /** What is wrong with its certificate, though it is spoken with. */
  remark: Trouble | undefined
  #extensions: Extensions = noExtensions
  #client: string | undefined

  constructor(connection: ClientConnection, hop: NextHop) {
    this.connection = connection
    this.hop = hop
  }

  /** What the next hop offered in its last answer to EHLO. */
  get extensions(): Extensions {
    return this.#extensions
  }

  get isOpen(): boolean {
    return this.connection.isOpen
  }

  /** Whether the next hop believes to speak with this client. */
  isKnownAs(session: Session): boolean {
    return this.#client === clientKey(session)
  }

  /** Postfix lets only those say XCLIENT who may, and then takes them for the client: mostly, a connection is bound to the first one. */
  canServe(session: Session): boolean {
    return this.hop.identity !== 'xclient' || this.isKnownAs(session) || this.#extensions.xclient.has('ADDR')
  }

  /** EHLO, or HELO when the server does not know it; LHLO for LMTP, where there is nothing older (RFC 2033, 4.1). */
  async greet(name = this.hop.hostname): Promise<Answer> {
    const { protocol, timeouts } = this.hop
    const answer = await this.connection.command(`${protocol === 'lmtp' ? 'LHLO' : 'EHLO'} ${name}`, timeouts.greetingMs)
    if (isPositive(answer)) this.#extensions = parseExtensions(answer.lines)
    if (isTrouble(answer) || answer.code < 500 || protocol === 'lmtp') return answer
    this.#extensions = noExtensions
    return this.connection.command(`HELO ${name}`, timeouts.greetingMs)
  }

  /**
   * Lets the next hop judge the client instead of us (XCLIENT). The server begins anew then: with its banner, and with
   * the greeting that the client gave, because the last name that Postfix is greeted with is the one that it judges.
   */
  async presentAs(session: Session): Promise<Answer | undefined> {
    const offered = this.#extensions.xclient
    if (!offered.has('ADDR')) return notOffered
    const said = await this.#xclient(session, offered)
    if (!isPositive(said)) return isAboutClient(said) ? said : { trouble: 'identity', detail: `XCLIENT: ${describe(said)}` }
    const answer = await this.greet(greetingOf(session))
    if (!isPositive(answer)) return answer
    this.#client = clientKey(session)
    return undefined
  }

  async #xclient(session: Session, offered: ReadonlySet<string>): Promise<Answer> {
    const { greetingMs } = this.hop.timeouts
    const answer = await this.connection.command(xclientCommand(session, offered), greetingMs)
    if (isTrouble(answer) || answer.code !== 501 || !isIPv6(session.client.ip)) return answer
    return this.connection.command(xclientWithoutAddress(session, offered), greetingMs)
  }
}

const notOffered: Trouble = {
  trouble: 'identity',
  detail: 'it does not offer XCLIENT to us (Postfix: smtpd_authorized_xclient_hosts, Dovecot: login_trusted_networks)',
}

/** 554 and 421 are what a client hears that may not connect (RFC 5321, 3.1); 501 or 550 would be about our command. */
function isAboutClient(answer: Answer): boolean {
  return isTrouble(answer) || answer.code === 554 || answer.code === 521 || answer.code < 500
}

function clientKey({ client, helo, esmtp }: Session): string {
  return JSON.stringify([client.ip, client.port, helo, esmtp])
}
