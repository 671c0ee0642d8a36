import { connect, type Socket } from 'node:net'

/** Opens connections from several addresses of loopback, and holds them until it is ended. */
const [port, count, addresses] = process.argv.slice(2).map(Number) as [number, number, number]
const held: Socket[] = []
const heard = { greeted: 0, refused: 0, failed: 0 }
const atOnce = 200

function open(index: number): Promise<void> {
  return new Promise(resolve => {
    const localAddress = `127.0.${1 + Math.floor((index % addresses) / 250)}.${1 + ((index % addresses) % 250)}`
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    held.push(socket)
    const note = (what: keyof typeof heard) => {
      heard[what]++
      socket.off('data', onData).off('close', onClose)
      resolve()
    }
    const onData = (reply: Buffer) => note(reply.toString('latin1').startsWith('220') ? 'greeted' : 'refused')
    const onClose = () => note('failed') // without a word
    socket.on('data', onData).on('close', onClose)
    socket.on('error', () => {}) // it closes then
  })
}

for (let first = 0; first < count; first += atOnce) {
  await Promise.all(Array.from({ length: Math.min(atOnce, count - first) }, (_, i) => open(first + i)))
}
process.on('disconnect', () => process.exit())
process.send?.(heard)
