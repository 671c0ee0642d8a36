import type { Reply } from '../mail/reply.ts'
import type { HopRole, NextHop } from './next-hop.ts'
import { type Answer, describe, isTrouble, type ServerReply, type Trouble } from './server-reply.ts'

const textLength = 400

/** What a server has said, or why it could not, as an answer that our client may read. */
export function replyOf(answer: Answer, { name, role = 'next-hop' }: Pick<NextHop, 'name' | 'role'>): Reply {
  const isOurFault = !isTrouble(answer) && role !== 'exchanger' && aboutUs.has(answer.code)
  const reply = isTrouble(answer) ? troubles[role][answer.trouble] : isOurFault ? troubles[role].identity : relayed(answer)
  return { ...reply, detail: `${name}: ${describe(answer)}`.slice(0, textLength * 2) }
}

type Replies = Readonly<Record<Trouble['trouble'], Reply>>

const troubles: Readonly<Record<HopRole, Replies>> = {
  'next-hop': repliesOf('mail server behind this gateway'),
  exchanger: repliesOf("mail server of the recipient's domain"),
  smarthost: repliesOf('mail server that sends our mail on'),
}

/** RFC 3463. None of it is the sender's fault, and none is for good. */
function repliesOf(server: string): Replies {
  const connection = `The connection to the ${server}`
  return {
    unreachable: later('4.4.1', `The ${server} cannot be reached, please try again later`),
    busy: later('4.4.5', `The ${server} is busy, please try again later`),
    lost: later('4.4.2', `${connection} was lost, please try again later`),
    late: later('4.4.2', `The ${server} did not answer in time, please try again later`),
    nonsense: later('4.5.0', `The ${server} gave no valid answer, please try again later`),
    tls: later('4.7.5', `${connection} could not be secured, please try again later`),
    identity: later('4.3.5', `The ${server} is not configured correctly, please try again later`),
    source: later('4.3.0', 'The message could not be read again, please try again later'),
  }
}

function later(status: string, text: string): Reply {
  return { code: 451, status, text }
}

/** Unknown or misplaced commands, and missing rights of our own: the sender can do nothing about any of them. */
const aboutUs: ReadonlySet<number> = new Set([500, 502, 503, 530, 535, 538])

function relayed(said: ServerReply): Reply {
  const lines = said.lines.map(line => enhanced.exec(line))
  const status = lines[0]?.[1]
  const text = said.lines.map((line, index) => lines[index]?.[2] ?? line).join(' ')
  const digit = Math.floor(said.code / 100)
  return {
    // The next hop hangs up on us; we do not hang up on our client.
    code: said.code === 421 ? 451 : said.code,
    status: status?.startsWith(`${digit}.`) ? status : `${digit}.0.0`,
    text: printable(text) || 'No reason was given',
  }
}

const enhanced = /^([245]\.\d{1,3}\.\d{1,3})(?: +(.*))?$/s

/** One line of ASCII: the client may have not asked for more, and a reply must not be able to begin another one. */
function printable(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, textLength)
}
