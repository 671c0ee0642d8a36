import { ok, type Reply, recipientOk, senderOk } from '../mail/reply.ts'

/** A reply as the wire may carry it: the greeting, the answers to EHLO and HELO, and 354 have no enhanced status code (RFC 2034, 4). */
export type WireReply = Reply | { readonly code: number; readonly lines: readonly string[] }

/** RFC 5321, 4.5.3.1.5: with the code and CRLF. */
const lineBytes = 512

const prepared = new WeakMap<WireReply, string>()

/** Writes a reply ahead that is said again and again. */
export function prepare<T extends WireReply>(reply: T): T {
  prepared.set(reply, format(reply))
  return reply
}

/** The reply's lines, each with its code, without control characters or anything but ASCII, and none longer than 512 bytes. */
export function formatWireReply(reply: WireReply): string {
  return prepared.get(reply) ?? format(reply)
}

function format(reply: WireReply): string {
  const status = 'status' in reply ? `${reply.status} ` : ''
  const width = lineBytes - `${reply.code} ${status}\r\n`.length
  const lines = ('lines' in reply ? reply.lines : [reply.text]).flatMap(line => wrap(printable(line), width))
  return lines.map((line, at) => `${reply.code}${at < lines.length - 1 ? '-' : ' '}${status}${line}\r\n`).join('')
}

/** A policy's words may quote the client: nothing of it must end the line, or look like more than text. */
function printable(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  return text.replace(/[\x00-\x1f\x7f]/g, ' ').replace(/[^\x20-\x7e]/gu, '?')
}

function wrap(text: string, width: number): string[] {
  if (text.length <= width) return [text]
  const space = text.lastIndexOf(' ', width)
  const end = space > 0 ? space : width
  return [text.slice(0, end), ...wrap(text.slice(end).trimStart(), width)]
}

for (const reply of [ok, senderOk, recipientOk]) prepare(reply)
