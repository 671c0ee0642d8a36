import { createHash, type KeyObject, sign } from 'node:crypto'

const domain = 'bench-sender.com'
const lineBytes = 72
const words =
  'the quarterly report shows that our gateway moved more mail than expected while waiting times stayed flat and operators were pleased with steady numbers across every region of service'.split(
    ' ',
  )

/** The sizes of the messages that are sent, in octets. */
export const sizes = { '4k': 4096, '64k': 65_536, '1m': 1_048_576 } as const

export type Size = keyof typeof sizes

/** A message of about so many octets as a person would send it, signed with DKIM (RFC 6376): text, and a file with the larger ones. */
export function signedMessage(size: Size, key: KeyObject, at: Date): string {
  const random = numbers()
  const fields = headerFields(size, at)
  const room = sizes[size] - fields.join('').length - 700
  const { type, body } = room < 10_000 ? { type: plain, body: text(room, random) } : withFile(room, random)
  const header = [...fields, 'MIME-Version: 1.0', `Content-Type: ${type}`]
  return [signature(header, body, { key, at }), ...header, '', body].join('\r\n')
}

const plain = 'text/plain; charset=utf-8'

function headerFields(size: Size, at: Date): string[] {
  const date = at.toUTCString().replace('GMT', '+0000')
  return [
    `From: Bench Sender <s@${domain}>`,
    'To: User One <u1@bench-rcpt.com>',
    `Subject: Quarterly report ${size}`,
    `Date: ${date}`,
    `Message-ID: <bench-${size}-${at.getTime()}@${domain}>`,
  ]
}

function withFile(room: number, random: () => number) {
  const boundary = 'bench0123456789'
  const file = Buffer.from(Array.from({ length: Math.floor(((room - 3500) * 57) / 78) }, () => random() * 256))
  const body = [
    `--${boundary}`,
    `Content-Type: ${plain}`,
    '',
    text(3000, random),
    `--${boundary}`,
    'Content-Type: application/octet-stream; name="report.bin"',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename="report.bin"',
    '',
    file.toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
    `--${boundary}--\r\n`,
  ].join('\r\n')
  return { type: `multipart/mixed; boundary="${boundary}"`, body }
}

/** Lines of words, in all about so many octets. */
function text(octets: number, random: () => number): string {
  const lines: string[] = []
  for (let written = 0; written < octets; ) {
    let line = ''
    while (line.length < lineBytes) line += `${line && ' '}${words[Math.floor(random() * words.length)]}`
    lines.push(line)
    written += line.length + 2
  }
  return `${lines.join('\r\n')}\r\n`
}

/** The body is written so that relaxed canonicalization leaves it as it is: no space at the end of a line, one between words. */
function signature(header: readonly string[], body: string, { key, at }: { readonly key: KeyObject; readonly at: Date }): string {
  const hash = createHash('sha256').update(body, 'latin1').digest('base64')
  const names = header.map(field => field.slice(0, field.indexOf(':'))).join(':')
  const tags = `v=1; a=rsa-sha256; c=relaxed/relaxed; d=${domain}; s=sel; t=${Math.floor(at.getTime() / 1000)};\r\n\th=${names};\r\n\tbh=${hash}`
  const field = `DKIM-Signature: ${tags};\r\n\tb=`
  const octets = sign('sha256', Buffer.from([...header, field].map(relaxed).join('\r\n'), 'latin1'), key).toString('base64')
  return field + octets.replaceAll(/.{70}(?=.)/g, '$&\r\n\t')
}

/** RFC 6376, 3.4.2. */
function relaxed(field: string): string {
  const colon = field.indexOf(':')
  const value = field.slice(colon + 1).replaceAll(/\s+/g, ' ')
  return `${field.slice(0, colon).toLowerCase()}:${value.trim()}`
}

/** The same numbers between 0 and 1 in each run. */
function numbers(): () => number {
  let state = 42
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return state / 0x8000_0000
  }
}
