import { createServer } from 'node:net'
import { cpuSeconds } from './ways.ts'

const way = process.argv[2]
let connections = 0
let seconds = 0

const server = createServer({ noDelay: true }, socket => {
  connections++
  let isData = false
  socket.write('220 x\r\n')
  socket.on('error', () => {})
  socket.on('data', bytes => {
    if (isData ? !bytes.subarray(-5).equals(Buffer.from('\r\n.\r\n')) : bytes[0] === 81) {
      if (!isData) socket.end('221 x\r\n')
      return
    }
    isData = !isData && bytes[0] === 68
    socket.write(isData ? '354 x\r\n' : '250 x\r\n')
  })
})

process.on('message', (what, handle) => {
  if (Number(what)) listen(Number(what), handle)
  if (what === 'block') block(5000)
  if (what === 'leave') server.close(() => process.disconnect())
  if (what !== 'figures') return
  const now = cpuSeconds()
  process.send?.({ connections, seconds: now - seconds })
  connections = 0
  seconds = now
})
process.on('disconnect', () => process.exit())
process.send?.({})

function listen(port: number, handle: unknown): void {
  const ready = () => process.send?.({})
  if (way === 'held') server.listen(handle, ready)
  else server.listen({ port, host: '127.0.0.1', reusePort: way === 'reusePort' }, ready)
}

function block(ms: number): void {
  const end = Date.now() + ms
  while (Date.now() < end) {}
}
