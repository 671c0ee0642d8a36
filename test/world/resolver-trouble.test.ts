import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { encode } from 'dns-packet'
import fc from 'fast-check'
import { startDnsServer } from '../../fixtures/dns-server.ts'
import { Resolver } from '../../src/world/resolver.ts'
import { nameServer } from './name-server.ts'

const good = { 'example.org': { A: ['192.0.2.1'] }, 'other.example': { A: ['192.0.2.2'] } }

type Forgery = (query: Buffer, socket: Socket, port: number) => readonly Buffer[]

/** A name server that sends whatever it is told to each query. */
async function startForger(t: TestContext, answers: Forgery) {
  const socket = createSocket('udp4')
  socket.on('message', (query, client) => {
    for (const packet of answers(query, socket, client.port)) socket.send(packet, client.port, client.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => socket.close())
  return { address: `127.0.0.1:${socket.address().port}` }
}

/** The right answer to the question of a query: an A record. */
function answerTo(
  query: Buffer,
  address: string,
  { id = query.readUInt16BE(0), name = 'example.org', type = 'A' as 'A' | 'TXT' } = {},
): Buffer {
  const answers = [{ type: 'A' as const, name, ttl: 60, data: address }]
  return encode({ type: 'response', id, questions: [{ type, name }], answers })
}

async function closedPort(): Promise<string> {
  const server = await startDnsServer({})
  await server.close()
  return server.address
}

test('when the first server is silent the second is asked, and from then on first', async t => {
  const [silent, second] = await Promise.all([
    nameServer(t, { 'example.org': 'TIMEOUT', 'other.example': 'TIMEOUT' }),
    nameServer(t, good),
  ])
  const dns = new Resolver({ servers: [silent.address, second.address], timeoutMs: 200 })
  assert.deepEqual((await dns.query('A', 'example.org')).records, ['192.0.2.1'])
  assert.deepEqual(
    silent.queries.map(query => query.name),
    ['example.org', 'example.org'],
  )
  assert.deepEqual((await dns.query('A', 'other.example')).records, ['192.0.2.2'])
  assert.equal(silent.queries.length, 2)
})

test('a server that is not there costs no time', async t => {
  const second = await nameServer(t, good)
  const dns = new Resolver({ servers: [await closedPort(), second.address], timeoutMs: 60_000 })
  assert.deepEqual((await dns.query('A', 'example.org')).records, ['192.0.2.1'])
})

test('a server that cannot find out is followed by the next, and stays the first to be asked', async t => {
  const [broken, second] = await Promise.all([
    nameServer(t, { 'example.org': 'SERVFAIL', 'other.example': { A: ['192.0.2.77'] } }),
    nameServer(t, good),
  ])
  const dns = new Resolver({ servers: [broken.address, second.address] })
  assert.deepEqual((await dns.query('A', 'example.org')).records, ['192.0.2.1'])
  assert.deepEqual((await dns.query('A', 'other.example')).records, ['192.0.2.77'])
})

test('when no server can find out, the error says what each of them did', async t => {
  const [broken, refusing, silent] = await Promise.all([
    nameServer(t, { 'example.org': 'SERVFAIL' }),
    nameServer(t, { 'example.org': 'REFUSED' }),
    nameServer(t, { 'example.org': 'TIMEOUT' }),
  ])
  const dns = new Resolver({ servers: [broken.address, refusing.address, silent.address], timeoutMs: 200 })
  const { status, error } = await dns.query('A', 'example.org')
  assert.equal(status, 'temperror')
  assert.equal(error, `${broken.address}: SERVFAIL; ${refusing.address}: REFUSED; ${silent.address}: no answer within 200 ms`)
})

test('a query that was lost is sent again before the time is up', async t => {
  let seen = 0
  const forger = await startForger(t, query => (++seen === 1 ? [] : [answerTo(query, '192.0.2.1')]))
  const dns = new Resolver({ servers: [forger.address], timeoutMs: 400 })
  assert.deepEqual((await dns.query('A', 'example.org')).records, ['192.0.2.1'])
})

test('answers with another id, another question, or that are no answers, are passed over', async t => {
  const forger = await startForger(t, query => [
    answerTo(query, '192.0.2.66', { id: query.readUInt16BE(0) ^ 1 }),
    answerTo(query, '192.0.2.66', { name: 'evil.example' }),
    answerTo(query, '192.0.2.66', { type: 'TXT' }),
    query,
    Buffer.alloc(0),
    Buffer.alloc(11),
    answerTo(query, '192.0.2.1', { name: 'EXAMPLE.org' }),
  ])
  const dns = new Resolver({ servers: [forger.address] })
  assert.deepEqual((await dns.query('A', 'example.org')).records, ['192.0.2.1'])
})

test('an answer from another address or port is passed over', async t => {
  const stranger = createSocket('udp4').bind(0, '127.0.0.1')
  t.after(() => stranger.close())
  const forger = await startForger(t, (query, socket, port) => {
    stranger.send(answerTo(query, '192.0.2.66'), port, '127.0.0.1', () =>
      socket.send(answerTo(query, '192.0.2.1'), port, '127.0.0.1'),
    )
    return []
  })
  const dns = new Resolver({ servers: [forger.address] })
  assert.deepEqual((await dns.query('A', 'example.org')).records, ['192.0.2.1'])
})

test('ids and ports cannot be foretold: they are drawn at random, and ports change', async t => {
  const ids = new Set<number>()
  const ports = new Map<number, number>()
  const forger = await startForger(t, (query, _socket, port) => {
    ids.add(query.readUInt16BE(0))
    ports.set(port, (ports.get(port) ?? 0) + 1)
    return [answerTo(query, '192.0.2.1')]
  })
  const dns = new Resolver({ servers: [forger.address] })
  for (let asked = 0; asked < 4000; asked += 1) await dns.query('A', 'example.org')
  // Of so many random draws some are equal, and neighbours; a counter would give a run.
  assert.ok(ids.size > 3500)
  assert.ok([...ids].filter(id => ids.has(id + 1)).length < 500)
  assert.ok(ports.size >= 40)
  assert.ok(Math.max(...ports.values()) <= 100)
  assert.ok([...ports.keys()].filter(port => ports.has(port + 1)).length < 10)
})

test('when somebody guesses ids, the question is asked by TCP, and its port no more', async t => {
  const server = await nameServer(t, good)
  const ports = new Set<number>()
  const udp = createSocket('udp4').on('message', (query, client) => {
    ports.add(client.port)
    for (let guess = 1; guess <= 20; guess += 1) {
      const packet = answerTo(query, '192.0.2.66', { id: query.readUInt16BE(0) ^ guess })
      udp.send(packet, client.port, client.address)
    }
  })
  const tcp = createServer(client => {
    const upstream = connect(server.port, '127.0.0.1')
    client
      .on('error', () => {})
      .pipe(upstream.on('error', () => {}))
      .pipe(client)
  }).listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  udp.bind(port, '127.0.0.1')
  t.after(() => [tcp.close(), udp.close()])
  const dns = new Resolver({ servers: [`127.0.0.1:${port}`], timeoutMs: 60_000 })
  for (let asked = 1; asked <= 5; asked += 1) {
    assert.deepEqual((await dns.query('A', 'example.org')).records, ['192.0.2.1'])
    assert.equal(ports.size, asked)
  }
  assert.deepEqual([dns.counters.tcp, dns.counters.inFlight], [5, 0])
  assert.ok(dns.counters.mismatches >= 5 * 11)
})

test('late and doubled answers of an honest server are not taken for an attack', async t => {
  const forger = await startForger(t, query => {
    const answer = answerTo(query, '192.0.2.1')
    return Math.random() < 0.05 ? [answer, answer] : [answer]
  })
  const dns = new Resolver({ servers: [forger.address] })
  for (let asked = 0; asked < 500; asked += 1) await dns.query('A', 'example.org')
  assert.equal(dns.counters.tcp, 0)
})

test('many questions at a time are each given their own answer', async t => {
  const zone = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`n${n}.example`, { A: [`10.0.${n >> 8}.${n & 255}`] }]))
  const server = await nameServer(t, zone)
  const dns = new Resolver({ servers: [server.address], timeoutMs: 20_000 })
  const answers = await Promise.all(Object.keys(zone).map(name => dns.query('A', name)))
  assert.deepEqual(
    answers.map(({ records }) => records[0]),
    Object.values(zone).map(({ A: [address] }) => address),
  )
})

test('there is an end to how many questions are on their way', async t => {
  const silent = await startForger(t, () => [])
  const dns = new Resolver({ servers: [silent.address], timeoutMs: 1000 })
  const answers = Array.from({ length: 10_001 }, () => dns.query('A', 'example.org'))
  assert.equal((await answers.at(-1))?.error, 'too many questions at a time')
  assert.equal(dns.counters.inFlight, 10_000)
  await Promise.all(answers)
  assert.deepEqual([dns.counters.inFlight, dns.counters.timeouts], [0, 10_000])
})

test('a process that has asked ends when it has its answer, and not before', async t => {
  const server = await nameServer(t, good)
  const silent = await startForger(t, () => [])
  const module = import.meta.resolve('../../src/world/resolver.ts')
  for (const [address, expected] of [
    [server.address, 'found'],
    [silent.address, 'temperror'],
  ] as const) {
    const code = `import { Resolver } from '${module}'
      const dns = new Resolver({ servers: ['${address}'], timeoutMs: 500 })
      const { status } = await dns.query('A', 'example.org')
      console.log(status, process.getActiveResourcesInfo().filter(kind => /udp|timeout/i.test(kind)).join())`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code])
    assert.equal(stdout.trim(), expected)
  }
})

test('whatever follows the question, the answer is a value', async t => {
  let tail = Buffer.alloc(0)
  let counts = Buffer.alloc(0)
  const forger = await startForger(t, query => {
    const header = Buffer.concat([query.subarray(0, 2), Buffer.from([0x80, 0x80, 0, 1]), counts])
    return [Buffer.concat([header, query.subarray(12, query.length - 11), tail])]
  })
  const dns = new Resolver({ servers: [forger.address], timeoutMs: 1000 })
  const small = fc.constantFrom(0, 0, 0, 1, 2, 255)
  const check = async (bytes: Uint8Array, numbers: number[]) => {
    tail = Buffer.from(bytes)
    counts = Buffer.from(numbers)
    const answer = await dns.query('A', 'example.org')
    assert.ok(['nodata', 'found', 'temperror'].includes(answer.status))
    assert.doesNotMatch(answer.error ?? '', /no answer within/)
  }
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.array(small, { minLength: 6, maxLength: 6 }), check), {
    numRuns: 100,
  })
})

test('a TCP server that hangs up, answers another question or says nothing is trouble like any other', async t => {
  for (const [say, error, timeoutMs] of [
    [undefined, /closed the connection/, 5000],
    [Buffer.from('\0\x04nope', 'latin1'), /another question/, 5000],
    [Buffer.from('\xff\xffx', 'latin1'), /no answer within/, 60],
  ] as const) {
    const tcp = createServer(socket => {
      socket.on('error', () => socket.destroy())
      socket.once('data', () => (say ? socket.write(say) : socket.end()))
    }).listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const { port } = tcp.address() as { port: number }
    const udp = createSocket('udp4').on('message', (query, client) => {
      const truncated = Buffer.from(answerTo(query, '192.0.2.1'))
      truncated.writeUInt16BE(0x8200, 2)
      udp.send(truncated, client.port)
    })
    udp.bind(port, '127.0.0.1')
    t.after(() => [tcp.close(), udp.close()])
    const answer = await new Resolver({ servers: [`127.0.0.1:${port}`], timeoutMs }).query('A', 'example.org')
    assert.equal(answer.status, 'temperror')
    assert.match(answer.error ?? '', error)
  }
})

test('a server may have an IPv6 address', async t => {
  const socket = createSocket('udp6').on('message', (query, client) => {
    socket.send(answerTo(query, '192.0.2.1'), client.port, client.address)
  })
  t.after(() => socket.close())
  socket.bind(0, '::1')
  const bound = await Promise.race([once(socket, 'listening'), once(socket, 'error')])
  if (bound[0] instanceof Error) return t.skip('this machine has no IPv6')
  const dns = new Resolver({ servers: [`[::1]:${socket.address().port}`] })
  assert.deepEqual((await dns.query('A', 'example.org')).records, ['192.0.2.1'])
})

test('an abort asks nothing more', async t => {
  const silent = await startForger(t, () => [])
  const second = await nameServer(t, good)
  const dns = new Resolver({ servers: [silent.address, second.address], timeoutMs: 100 })
  const abort = new AbortController()
  const answer = dns.query('A', 'example.org', abort.signal)
  abort.abort()
  assert.deepEqual(await answer, { status: 'temperror', records: [], ttlSeconds: 0, secure: false, error: 'aborted' })
  assert.equal((await dns.query('A', 'example.org', abort.signal)).error, 'aborted')
  assert.equal(second.queries.length, 0)
})
