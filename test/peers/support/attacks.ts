import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Client } from '../../smtp/dialogue.ts'
import type { Besieged } from './besieged.ts'

type Ports = Besieged['ports']

/** What somebody does to us; it is over when its connections are gone, whoever has ended them. */
export type Attack = (ports: Ports) => Promise<void>

const envelope = ['EHLO client.example', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@our.example>']

/** How far a client has come, and what it takes to get there. */
const states: Readonly<Record<string, (ports: Ports) => Promise<Client>>> = {
  'before the greeting': ({ clear }) => Client.connect(clear),
  'after the greeting': ({ clear }) => Client.greeted(clear),
  'after EHLO': ports => come(ports, envelope.slice(0, 1)),
  'after MAIL': ports => come(ports, envelope.slice(0, 2)),
  'after RCPT': ports => come(ports, envelope),
  'in a message': ports => come(ports, [...envelope, 'DATA']),
  'after STARTTLS': ports => come(ports, [...envelope.slice(0, 1), 'STARTTLS']),
  'in TLS': async ({ tls }) => {
    const client = await Client.connectTls(tls)
    await client.expect(220)
    return client
  },
  'in a message in TLS': async ({ tls }) => {
    const client = await Client.connectTls(tls)
    await client.expect(220)
    await client.accepted(...envelope, 'DATA')
    return client
  },
  'instead of a handshake': ({ tls }) => Client.connect(tls),
  'instead of a PROXY header': ({ proxied }) => Client.connect(proxied),
  'behind a PROXY header': async ({ proxied }) => {
    const client = await Client.connect(proxied)
    client.write('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n')
    await client.expect(220)
    return client
  },
}

async function come({ clear }: Ports, lines: readonly string[]): Promise<Client> {
  const client = await Client.greeted(clear)
  await client.accepted(...lines)
  return client
}

/** The same in every state, some times. */
function everywhere(times: number, act: (client: Client) => void | Promise<void>): Attack {
  return async ports => {
    const all = Object.values(states).flatMap(reach => Array<typeof reach>(times).fill(reach))
    await Promise.all(
      all.map(async reach => {
        const client = await reach(ports)
        await act(client)
        await gone(client)
      }),
    )
  }
}

/** The same once it is greeted, or further on. */
function once(lines: readonly string[], act: (client: Client) => void | Promise<void>): Attack {
  return async ports => {
    const client = await come(ports, lines)
    await act(client)
    await gone(client)
  }
}

/** Waits until the server has ended it, which it must within the patience of a `Client`. */
async function gone(client: Client): Promise<void> {
  await client.closed()
  assert.doesNotMatch(String(client.socket.errored), /no answer in time/, client.transcript.slice(-200))
}

/** With RST; behind TLS Node cannot do that. */
function breakOff({ socket }: Client): void {
  if (socket instanceof TLSSocket) socket.destroy()
  else socket.resetAndDestroy()
}

/** Bytes that look like nothing, the same each time. */
function noise(bytes: number, seed: number): Buffer {
  let state = seed
  return Buffer.from(
    Array.from({ length: bytes }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return state >>> 24
    }),
  )
}

/** Writes on and on, as fast as it is taken, until the server has had enough. */
function flood(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise(resolve => {
    const more = () => {
      while (!socket.destroyed && socket.writable && socket.write(bytes));
    }
    socket.on('drain', more).once('close', resolve)
    more()
  })
}

function drip(client: Client, byte: string): void {
  const timer = setInterval(() => client.write(byte), 50)
  client.socket.once('close', () => clearInterval(timer))
}

/** Each ends within the limits of the test, in a few seconds. */
export const attacks: Readonly<Record<string, Attack>> = {
  'random bytes in every state': everywhere(3, client => {
    for (let seed = 1; seed < 5; seed++) client.write(noise(16_384, seed))
    client.end()
  }),
  'random lines in every state': everywhere(3, client => {
    client.write(noise(65_536, 6).toString('latin1').replaceAll('\n', '\r\n'))
  }),
  'a client that closes its side in every state': everywhere(5, client => client.end()),
  'a client that breaks off in every state': everywhere(5, breakOff),
  'a client that is silent in every state': everywhere(3, () => {}),
  'a byte now and then in every state': everywhere(3, client => drip(client, 'x')),
  'the start of a handshake, byte by byte': async ({ tls, clear }) => {
    const behindStartTls = await come({ clear, tls, proxied: 0 }, ['EHLO client.example', 'STARTTLS'])
    await Promise.all(
      [await Client.connect(tls), behindStartTls].map(async client => {
        client.write('\x16\x03\x01\x02\x00\x01')
        drip(client, '\x01')
        await gone(client)
      }),
    )
  },
  'a PROXY header byte by byte': async ({ proxied }) => {
    const client = await Client.connect(proxied)
    client.write('PROXY TCP4 192.0.2.1 ')
    drip(client, '1')
    await gone(client)
  },
  'PROXY headers that are none': async ({ proxied }) => {
    const signature = '\r\n\r\n\0\r\nQUIT\n'
    const headers = ['PROXY', `PROXY ${'x'.repeat(5000)}`, 'PROXY TCP4 a b c d\r\n', 'PROXY TCP4 1.2.3.4 1.2.3.4 99999 1\r\n']
    for (const header of [...headers, `${signature}\x21\x11\xff\xff`, `${signature}\x99\x11\0\x0c`, `${signature}\x21\x11\0\0`]) {
      const client = await Client.connect(proxied)
      client.write(header)
      client.end()
      await gone(client)
    }
  },
  'XCLIENT of strangers': once(['EHLO client.example'], client => client.write('XCLIENT ADDR=10.0.0.1 NAME=a\r\n'.repeat(2000))),
  'garbage behind QUIT': once(['EHLO client.example'], client =>
    flood(client.socket, Buffer.from('QUIT\r\nMAIL FROM:<a@b.example>\r\n'.repeat(1000))),
  ),
  'ten thousand recipients': once(envelope, client =>
    client.write(Array.from({ length: 10_000 }, (_, i) => `RCPT TO:<user${i}@our.example>\r\n`).join('')),
  ),
  'ten thousand times the same recipient': once(envelope, client => client.write('RCPT TO:<b@our.example>\r\n'.repeat(10_000))),
  'ten thousand recipients that do not exist': once(envelope, client =>
    client.write('RCPT TO:<a@other.example>\r\n'.repeat(10_000)),
  ),
  'a header without end': once([...envelope, 'DATA'], client => flood(client.socket, Buffer.from('A: b\r\n'.repeat(1000)))),
  'a header field without end': once([...envelope, 'DATA'], client => flood(client.socket, Buffer.from(' b\r\n'.repeat(1000)))),
  'a line without end in a message': once([...envelope, 'DATA'], client => flood(client.socket, Buffer.alloc(65_536, 'x'))),
  'a message of dots': once([...envelope, 'DATA'], client => flood(client.socket, Buffer.from('..\r\n'.repeat(10_000)))),
  'a command line without end': once([], client => flood(client.socket, Buffer.alloc(65_536, 'x'))),
  '64 KB of NOOP at once': once([], client => client.write('NOOP\r\n'.repeat(11_000))),
  '64 KB of empty lines at once': once([], client => client.write('\r\n'.repeat(32_768))),
  'a client that never reads': once(envelope.slice(0, 2), client => {
    client.socket.pause()
    const done = flood(client.socket, Buffer.from('RCPT TO:<b@our.example>\r\nRSET\r\nMAIL FROM:<a@example.com>\r\n'.repeat(500)))
    setTimeout(() => client.socket.resume(), 2500)
    return done
  }),
}
