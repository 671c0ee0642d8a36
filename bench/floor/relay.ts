/**
 * A relay as small as it can be in Node: it holds a message in memory and hands it on over pooled connections before it
 * answers. It is no product: no limits, no deadlines, hardly a check. What Postern costs beyond it is what Postern does.
 *
 * Environment: PORT, SINK_PORT; MODE=policy to judge as policy.ts does; CERT and KEY for TLS from the first octet.
 */
import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { relay } from './next-hop.ts'
import { policy } from './policy.ts'
import { Session } from './session.ts'

const { MODE, PORT, CERT, KEY } = process.env
const judge = MODE === 'policy' ? policy() : undefined

if (CERT && KEY)
  createTlsServer({ cert: readFileSync(CERT), key: readFileSync(KEY), noDelay: true }, welcome)
    .on('tlsClientError', () => {})
    .listen(where())
else createServer({ noDelay: true }, welcome).listen(where())
// A profile is written when the process ends by itself.
process.on('SIGTERM', () => process.exit())

function where() {
  return { port: Number(PORT), host: '127.0.0.1', backlog: 4096 }
}

function welcome(socket: Socket): void {
  socket.on('error', () => socket.destroy())
  if (judge) socket.once('data', first => introduced(socket, first, judge))
  else new Session(socket, relay).greet()
}

/** The PROXY header comes first; what is known of the client decides whether it is greeted. */
async function introduced(socket: Socket, first: Buffer, judge: ReturnType<typeof policy>): Promise<void> {
  const [header, ip] = /^PROXY TCP4 (\S+) .*\r\n/.exec(first.toString('latin1', 0, 108)) ?? []
  if (header === undefined || ip === undefined) return void socket.destroy()
  socket.pause()
  const isListed = await judge.connect(ip)
  if (socket.destroyed) return
  if (isListed) return void socket.end('554 5.7.1 Listed\r\n')
  const session = new Session(socket, mail =>
    judge.message(ip, mail).then(judged => (judged ? relay(judged) : '550 5.7.1 DMARC\r\n')),
  )
  session.greet()
  socket.resume()
  if (first.length > header.length) session.hear(first.subarray(header.length))
}
