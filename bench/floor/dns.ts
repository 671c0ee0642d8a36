import { createSocket } from 'node:dgram'

const types = { A: 1, PTR: 12, TXT: 16 } as const

type Type = keyof typeof types

/** Asks for records; an empty list when there are none. */
export type Ask = (name: string, type: Type) => Promise<string[]>

const againMs = 1000

interface Question {
  readonly octets: Buffer
  readonly answer: (message: Buffer) => void
  askedAt: number
}

/** The least of a resolver: one UDP socket, nothing remembered, asked again after a second. */
export function openDns({ address, port }: { readonly address: string; readonly port: number }): Ask {
  const socket = createSocket('udp4')
  const isReady = new Promise<void>(resolve => socket.connect(port, address, resolve))
  const open = new Map<number, Question>()
  let last = 0
  socket.on('message', message => {
    const id = message.readUInt16BE(0)
    open.get(id)?.answer(message)
    open.delete(id)
  })
  // A buffer that overflows while a large message is hashed loses answers.
  setInterval(() => {
    const now = performance.now()
    for (const question of open.values()) {
      if (now - question.askedAt < againMs) continue
      question.askedAt = now
      socket.send(question.octets)
    }
  }, againMs).unref()
  return async (name, type) => {
    await isReady
    last = (last + 1) & 0xffff
    const octets = questionFor(last, name, types[type])
    const message = await new Promise<Buffer>(answer => {
      open.set(last, { octets, answer, askedAt: performance.now() })
      socket.send(octets)
    })
    return recordsIn(message, types[type])
  }
}

function questionFor(id: number, name: string, type: number): Buffer {
  const octets = Buffer.allocUnsafe(18 + name.length)
  octets.writeUInt16BE(id, 0)
  octets.writeUInt16BE(0x100, 2)
  octets.writeUInt32BE(0x10000, 4)
  octets.writeUInt32BE(0, 8)
  let at = 12
  for (const label of name.split('.')) {
    octets[at++] = label.length
    at += octets.write(label, at, 'latin1')
  }
  octets[at++] = 0
  octets.writeUInt16BE(type, at)
  octets.writeUInt16BE(1, at + 2)
  return octets.subarray(0, at + 4)
}

function recordsIn(message: Buffer, wanted: number): string[] {
  const records: string[] = []
  let at = nameEnd(message, 12) + 4
  for (let left = message.readUInt16BE(6); left > 0; left--) {
    at = nameEnd(message, at)
    const length = message.readUInt16BE(at + 8)
    if (message.readUInt16BE(at) === wanted) records.push(valueAt(message, { at: at + 10, length, type: wanted }))
    at += 10 + length
  }
  return records
}

function valueAt(message: Buffer, { at, length, type }: { readonly at: number; readonly length: number; readonly type: number }) {
  if (type === types.A) return message.subarray(at, at + 4).join('.')
  if (type === types.PTR) return nameAt(message, at)
  let text = ''
  for (let from = at; from < at + length; from += 1 + octet(message, from))
    text += message.toString('latin1', from + 1, from + 1 + octet(message, from))
  return text
}

function nameAt(message: Buffer, start: number): string {
  const labels: string[] = []
  for (let at = start; octet(message, at) !== 0 && labels.length < 64; ) {
    const length = octet(message, at)
    if (length < 192) labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at = length < 192 ? at + 1 + length : message.readUInt16BE(at) & 0x3fff
  }
  return labels.join('.')
}

function nameEnd(message: Buffer, start: number): number {
  let at = start
  while (octet(message, at) !== 0 && octet(message, at) < 192) at += 1 + octet(message, at)
  return at + (octet(message, at) === 0 ? 1 : 2)
}

function octet(message: Buffer, at: number): number {
  return message[at] ?? 0
}
