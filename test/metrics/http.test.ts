import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { it } from 'node:test'
import { ask, scrape } from '../../fixtures/exposition.ts'
import { openMetricsServer } from '../../src/metrics/http.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import type { Report } from '../../src/metrics/report.ts'

const metrics = new Metrics({ version: '1.0', configuration: 'abc', mode: 'enforce' })

async function open(reports: () => Promise<readonly Report[]> = async () => [await metrics.report()], requestMs = 5000) {
  const errors: unknown[] = []
  const server = await openMetricsServer({ host: '127.0.0.1', port: 0, reports, requestMs, onError: error => errors.push(error) })
  return { port: server.port, errors, [Symbol.asyncDispose]: () => server.close() }
}

/** Says something that is no request of ours, and answers with all that comes until the server hangs up. */
async function shout(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  socket.write(bytes)
  let heard = ''
  socket.on('data', chunk => {
    heard += chunk
  })
  await once(socket, 'close', { signal: AbortSignal.timeout(20_000) })
  return heard
}

it('serves three pages by GET and HEAD, and nothing else', async () => {
  await using server = await open()
  const { status, headers, text } = await ask(server.port, '/metrics?x=1')
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  assert.match(text, /^postern_build_info\{/m)
  const head = await ask(server.port, '/metrics', { method: 'HEAD' })
  assert.deepEqual([head.status, head.text], [200, ''])
  assert.equal((await ask(server.port, '/healthz')).text, 'ok\n')
  for (const path of ['/', '/metrics/', '/../metrics', '//metrics', '/%6detrics', '*']) {
    assert.equal((await ask(server.port, path)).status, 404, path)
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH']) {
    const refused = await ask(server.port, '/metrics', { method })
    assert.deepEqual([refused.status, refused.headers.allow], [405, 'GET, HEAD'], method)
  }
})

it('/readyz says why not', async () => {
  let unready: readonly string[] = ['no next hop can be reached']
  await using server = await open(async () => [{ metrics: [], unready }])
  const not = await ask(server.port, '/readyz')
  assert.deepEqual([not.status, not.text], [503, 'no next hop can be reached\n'])
  unready = []
  const until = Date.now() + 5000
  while ((await ask(server.port, '/readyz')).status !== 200) assert.ok(Date.now() < until)
})

it('what cannot be collected is a 500, and the next one may succeed', async () => {
  let isBroken = true
  await using server = await open(() => (isBroken ? Promise.reject(new Error('a worker is silent')) : Promise.resolve([])))
  assert.equal((await ask(server.port, '/metrics')).status, 500)
  assert.match(String(server.errors[0]), /a worker is silent/)
  isBroken = false
  assert.equal((await ask(server.port, '/metrics')).status, 200)
})

it('a collection that never ends is given up', async () => {
  let isStuck = true
  await using server = await open(() => (isStuck ? new Promise(() => {}) : Promise.resolve([])), 100)
  assert.equal((await ask(server.port, '/readyz')).status, 500)
  isStuck = false
  assert.equal((await ask(server.port, '/metrics')).status, 200)
})

it('many who ask at once cost one collection', async () => {
  let collections = 0
  const gate = Promise.withResolvers<void>()
  await using server = await open(async () => {
    collections++
    await gate.promise
    return [await metrics.report()]
  })
  const answers = Array.from({ length: 20 }, () => ask(server.port, '/metrics'))
  await ask(server.port, '/healthz')
  gate.resolve()
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200)
  assert.equal(collections, 1)
})

it('garbage, headers without end and requests that never end are sent away', async () => {
  await using server = await open(undefined, 200)
  assert.match(await shout(server.port, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'), /^HTTP\/1\.1 400 /)
  assert.match(await shout(server.port, `GET /metrics HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /)
  assert.match(await shout(server.port, 'GET /metrics HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 /)
  await shout(server.port, 'CONNECT mail.example:25 HTTP/1.1\r\nHost: x\r\n\r\n')
  const slow = [
    shout(server.port, 'GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: '),
    shout(server.port, 'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx'),
    shout(server.port, ''),
  ]
  assert.ok((await scrape(server.port)).length > 0)
  const [headless = ''] = await Promise.all(slow)
  assert.match(headless, /^HTTP\/1\.1 408 /)
  assert.ok((await scrape(server.port)).length > 0)
  assert.deepEqual(server.errors, [])
})

it('more connections than anybody needs are not kept', async () => {
  await using server = await open()
  const sockets: Socket[] = []
  const closed = Promise.withResolvers<void>()
  for (let index = 0; index < 40; index++) {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {}).once('close', () => closed.resolve())
    sockets.push(socket)
  }
  await closed.promise
  for (const socket of sockets) socket.destroy()
  const until = Date.now() + 5000
  while (!(await ask(server.port, '/healthz').catch(() => undefined))) assert.ok(Date.now() < until)
})
