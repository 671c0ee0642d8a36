import { connect } from 'node:net'

/** `refused` is before the greeting, `cut` behind it, `hung` when nothing has come for three seconds. */
export type Outcome = 'ok' | 'refused' | 'cut' | 'hung'

const lines = ['EHLO x', 'MAIL FROM:<a@x>', 'RCPT TO:<b@y>', 'DATA', `Subject: x\r\n\r\n${'x'.repeat(2000)}\r\n.`, 'QUIT']

/** Brings one message. */
export function talk(port: number): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let heard = 0
  socket.setTimeout(3000, () => {
    resolve('hung')
    socket.destroy()
  })
  socket.on('data', () => {
    const line = lines[heard++]
    if (line === undefined) resolve('ok')
    else socket.write(`${line}\r\n`)
  })
  socket.on('error', () => {})
  socket.on('close', () => resolve(heard === 0 ? 'refused' : heard > lines.length ? 'ok' : 'cut'))
  return promise
}
