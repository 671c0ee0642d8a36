import { isIPv6 } from 'node:net'
import { parseDomain } from '../mail/address.ts'
import type { Session } from '../mail/session.ts'
import { xtext } from './xtext.ts'

const unavailable = '[UNAVAILABLE]'

/**
 * The command that makes a next hop take us for the client, in the attributes that it offers. A name is always said: without
 * one, Postfix would keep ours. Nothing has looked one up by the time of RCPT, so it is given as unknown.
 */
export function xclientCommand(session: Session, offered: ReadonlySet<string>, ip = address(session)): string {
  return command('XCLIENT', offered, { ...attributes(session), ADDR: ip })
}

/** A Postfix without IPv6 knows no IPv6 address; for it, the client is one of unknown address, but not us. */
export function xclientWithoutAddress(session: Session, offered: ReadonlySet<string>): string {
  return xclientCommand(session, offered, unavailable)
}

/** The same for the log of the next hop only, with the transaction's id, so that both logs can be laid side by side. */
export function xforwardCommand(session: Session, id: string, offered: ReadonlySet<string>): string {
  return command('XFORWARD', offered, { ...attributes(session), IDENT: id, SOURCE: 'REMOTE' })
}

/** The name to greet with as if the client did, if it is one that may stand there. */
export function greetingOf(session: Session): string | undefined {
  return session.helo === undefined ? undefined : parseDomain(session.helo)
}

function attributes(session: Session): Record<string, string> {
  return {
    NAME: unavailable,
    ADDR: address(session),
    PORT: String(session.client.port),
    PROTO: session.esmtp ? 'ESMTP' : 'SMTP',
    HELO: helo(session),
  }
}

function address({ client }: Session): string {
  return isIPv6(client.ip) ? `IPV6:${client.ip}` : client.ip
}

function helo({ helo: name }: Session): string {
  // What is longer is no name, and would not fit into the 512 bytes of a command.
  return name && xtext(name).length <= 255 ? name : unavailable
}

function command(verb: string, offered: ReadonlySet<string>, attributes: Readonly<Record<string, string>>): string {
  const words = Object.entries(attributes).filter(([name]) => offered.has(name))
  return [verb, ...words.map(([name, value]) => `${name}=${xtext(value)}`)].join(' ')
}
