import { isIPv6 } from 'node:net'
import { parseDomain } from '../mail/address.ts'
import type { Session } from '../mail/session.ts'
import { xtext } from './xtext.ts'

/** RFC 5321, 4.5.3.1.4, without the line end. */
const lineBytes = 510

const unavailable = '[UNAVAILABLE]'

/**
 * The commands that tell a next hop who the client is, in the attributes that it takes. A name is always said: without
 * one, Postfix would keep ours. Nothing checks a name here, so the client has none.
 */
export function xclientCommands(session: Session, offered: ReadonlySet<string>): string[] {
  return commands('XCLIENT', offered, [
    ['NAME', unavailable],
    ['ADDR', address(session)],
    ['PORT', String(session.client.port)],
    ['PROTO', session.esmtp ? 'ESMTP' : 'SMTP'],
    ['HELO', helo(session)],
  ])
}

/** The same for the log of the next hop only, with the transaction's id, so that both logs can be laid side by side. */
export function xforwardCommands(session: Session, id: string, offered: ReadonlySet<string>): string[] {
  return commands('XFORWARD', offered, [
    ['NAME', unavailable],
    ['ADDR', address(session)],
    ['PORT', String(session.client.port)],
    ['PROTO', session.esmtp ? 'ESMTP' : 'SMTP'],
    ['HELO', helo(session)],
    ['IDENT', id],
    ['SOURCE', 'REMOTE'],
  ])
}

/** The name to greet with as if the client did, if it is one that may stand there. */
export function greetingOf(session: Session): string | undefined {
  return session.helo === undefined ? undefined : parseDomain(session.helo)
}

function address({ client }: Session): string {
  return isIPv6(client.ip) ? `IPV6:${client.ip}` : client.ip
}

function helo({ helo: name }: Session): string {
  // The next hop logs it; a longer one is no name and would not fit into a command.
  return name && xtext(name).length <= 255 ? name : unavailable
}

/** A command for as many attributes as fit on a line, another one for the rest. */
function commands(verb: string, offered: ReadonlySet<string>, attributes: readonly (readonly [string, string])[]): string[] {
  const lines: string[] = []
  let line = verb
  for (const [name, value] of attributes.filter(([name]) => offered.has(name))) {
    const attribute = ` ${name}=${xtext(value)}`
    if (line.length + attribute.length > lineBytes) {
      lines.push(line)
      line = verb
    }
    line += attribute
  }
  return line === verb ? lines : [...lines, line]
}
