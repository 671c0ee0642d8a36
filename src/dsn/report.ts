import { randomBytes } from 'node:crypto'
import { formatAddress } from '../mail/address.ts'
import { MemoryMessage, type Message } from '../mail/message.ts'
import { dateOf, deliveryStatus } from './delivery-status.ts'
import { humanText, subjects } from './human-text.ts'
import type { Action, Report } from './outcome.ts'
import { isPlain, lines } from './text.ts'

/** Larger messages do not come back whole, even if that was asked for: RFC 3461, 6.2 leaves it to us. */
const wholeBytes = 1024 * 1024
const headerBytes = 64 * 1024

/** What is worst is what the subject says. */
const gravity: readonly Action[] = ['failed', 'delayed', 'relayed', 'delivered']

/**
 * A report on the delivery of a message: multipart/report with three parts (RFC 6522), for people, for machines (RFC 3464), and
 * the message or its header.
 */
export async function deliveryReport(report: Report): Promise<Message> {
  const { hostname, id, to, now, outcomes, message } = report
  const boundary = `=_${id}_${randomBytes(9).toString('hex')}`
  const subject = subjects[gravity.find(action => outcomes.some(outcome => outcome.action === action)) ?? 'failed']
  const messageId = message.header('message-id')
  const isThread = messageId !== undefined && /^<[\x21-\x7e]{1,250}>$/.test(messageId)
  const header = lines([
    `From: Mail Delivery System <postmaster@${hostname}>`,
    `To: ${formatAddress(to)}`,
    `Subject: ${subject}`,
    `Date: ${dateOf(now)}`,
    `Message-ID: <${id}@${hostname}>`,
    isThread && `In-Reply-To: ${messageId}`,
    isThread && `References: ${messageId}`,
    // RFC 3834, 5: whoever answers automatically leaves this unanswered.
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="${boundary}"`,
  ])
  const status = deliveryStatus(report)
  const parts = [
    part('text/plain; charset=utf-8', Buffer.from(humanText(report))),
    part(isPlain(status) ? 'message/delivery-status' : 'message/global-delivery-status', Buffer.from(status)),
    await returned(report),
  ]
  const between = Buffer.from(`\r\n--${boundary}\r\n`)
  const body = parts.flatMap(each => [between, each])
  return new MemoryMessage(Buffer.concat([Buffer.from(header), ...body, Buffer.from(`\r\n--${boundary}--\r\n`)]))
}

/** What is not ASCII is encoded, so that any server takes it; but not messages, for which RFC 2046, 5.2.1 forbids it. */
function part(type: string, content: Buffer): Buffer {
  const isAscii = content.every(byte => byte <= 0x7f)
  if (isAscii) return withHeader(type, '7bit', content)
  return type === 'message/rfc822' ? withHeader(type, '8bit', content) : withHeader(type, 'base64', base64(content))
}

function withHeader(type: string, encoding: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`), content])
}

function base64(content: Buffer): Buffer {
  return Buffer.from(content.toString('base64').replace(/.{76}/g, '$&\r\n'))
}

/** The third part. The whole message only on demand, and only with what has failed (RFC 3461, 4.3). */
async function returned({ message, parameters, outcomes }: Report): Promise<Buffer> {
  const hasFailed = outcomes.some(({ action }) => action === 'failed')
  const isWhole = parameters.ret === 'FULL' && hasFailed && message.size <= wholeBytes
  if (isWhole) return part(`message/rfc822`, await firstBytes(message, wholeBytes))
  const content = await firstBytes(message, headerBytes)
  const end = content.indexOf('\r\n\r\n')
  return part('text/rfc822-headers', end === -1 ? wholeLines(content) : content.subarray(0, end + 2))
}

/** Cut where a line ends: half a field would be a wrong one. */
function wholeLines(content: Buffer): Buffer {
  return content.subarray(0, content.lastIndexOf('\r\n') + 2)
}

async function firstBytes(message: Message, most: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message.chunks()) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= most) break
  }
  return Buffer.concat(chunks).subarray(0, most)
}
