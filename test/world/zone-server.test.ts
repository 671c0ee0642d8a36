import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type DecodedPacket, decode, encode, type Packet, streamDecode, streamEncode } from 'dns-packet'
import { type DnsServer, readZone } from '../../fixtures/dns-server.ts'
import { nameServer } from './name-server.ts'

type Type = 'A' | 'TXT' | 'MX' | 'CNAME' | 'SOA' | 'TLSA'

/** Asks as a client would that knows nothing but dns-packet. */
async function ask(server: DnsServer, name: string, type: Type = 'A'): Promise<DecodedPacket> {
  const socket = createSocket('udp4')
  socket.send(encode({ type: 'query', id: 7, questions: [{ name, type }] }), server.port, '127.0.0.1')
  const [packet] = await once(socket, 'message')
  socket.close()
  return decode(packet)
}

/** What the flags and the answers of a response are, in short. */
function gist(packet: DecodedPacket): unknown[] {
  // @types/dns-packet does not know the rcode of a decoded packet.
  const { rcode } = packet as DecodedPacket & { rcode: string }
  return [rcode, ...(packet.answers ?? []).map(answer => ('data' in answer ? answer.data : undefined))]
}

test('the server answers as dns-packet understands it', async t => {
  const server = await nameServer(t, {
    'example.org': { A: ['192.0.2.1'], MX: [{ preference: 5, exchange: 'mx.example.org' }] },
    'alias.example': { CNAME: 'target.example' },
    'target.example': { A: ['192.0.2.2'], ttlSeconds: 77 },
    'failing.example': { CNAME: 'servfail.example' },
    'servfail.example': 'SERVFAIL',
    'mixed.example': { A: ['192.0.2.3'], TXT: 'REFUSED', otherwise: 'NOTIMP' },
  })
  assert.deepEqual(gist(await ask(server, 'EXAMPLE.org', 'MX')), ['NOERROR', { preference: 5, exchange: 'mx.example.org' }])
  const alias = await ask(server, 'alias.example')
  assert.deepEqual(gist(alias), ['NOERROR', 'target.example', '192.0.2.2'])
  assert.deepEqual(
    alias.answers?.map(answer => 'ttl' in answer && answer.ttl),
    [300, 77],
  )
  assert.deepEqual(gist(await ask(server, 'alias.example', 'CNAME')), ['NOERROR', 'target.example'])
  assert.deepEqual(gist(await ask(server, 'failing.example')), ['SERVFAIL'])
  assert.deepEqual(gist(await ask(server, 'mixed.example')), ['NOERROR', '192.0.2.3'])
  assert.deepEqual(gist(await ask(server, 'mixed.example', 'TXT')), ['REFUSED'])
  assert.deepEqual(gist(await ask(server, 'mixed.example', 'TLSA')), ['NOTIMP'])
})

test('negative answers have the SOA record of their zone', async t => {
  const server = await nameServer(
    t,
    { 'example.org': {}, 'a.b.example.org': { A: ['192.0.2.1'] } },
    { soa: { ttlSeconds: 9, minimumSeconds: 8 } },
  )
  for (const [name, rcode] of [
    ['b.example.org', 'NOERROR'],
    ['x.example.org', 'NXDOMAIN'],
    ['x.a.b.example.org', 'NXDOMAIN'],
  ] as const) {
    const packet = await ask(server, name)
    assert.deepEqual(gist(packet), [rcode])
    const [soa] = packet.authorities ?? []
    assert.ok(soa?.type === 'SOA')
    assert.deepEqual([soa.name, soa.ttl, soa.data.minimum], ['example.org', 9, 8])
  }
})

test('the zone can be changed while the server runs, and it tells what it was asked', async t => {
  const server = await nameServer(t, { 'a.example': { A: ['192.0.2.1'] } })
  server.set('a.example', undefined)
  assert.deepEqual(gist(await ask(server, 'a.example')), ['NXDOMAIN'])
  server.set('b.a.example', { A: ['192.0.2.2'] })
  server.set('b.a.example', { A: ['192.0.2.3'] })
  assert.deepEqual(gist(await ask(server, 'a.example')), ['NOERROR'])
  assert.deepEqual(gist(await ask(server, 'B.a.example')), ['NOERROR', '192.0.2.3'])
  server.set('b.a.example', undefined)
  assert.deepEqual(gist(await ask(server, 'a.example')), ['NXDOMAIN'])
  assert.deepEqual(server.queries.at(-2), { name: 'B.a.example', type: 'A', transport: 'udp' })
})

test('an answer longer than 512 bytes is cut without EDNS, and whole over TCP', async t => {
  const server = await nameServer(t, { 'big.example': { TXT: ['x'.repeat(600)] } })
  const cut = await ask(server, 'big.example', 'TXT')
  assert.ok(cut.flag_tc)
  assert.equal(cut.answers?.length, 0)
  const socket = createConnection(server.port, '127.0.0.1')
  socket.write(streamEncode({ type: 'query', id: 8, questions: [{ name: 'big.example', type: 'TXT' }] }))
  let received = Buffer.alloc(0)
  let packet: Packet | null = null
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk])
    packet = streamDecode(received)
    if (packet) break
  }
  assert.deepEqual(
    packet?.answers?.map(answer => 'data' in answer && answer.data),
    [[Buffer.alloc(255, 'x'), Buffer.alloc(255, 'x'), Buffer.alloc(90, 'x')]],
  )
})

test('what is no query is not answered', async t => {
  const server = await nameServer(t, { 'a.example': { A: ['192.0.2.1'] } })
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  t.after(() => socket.close())
  const junk = ['', 'x', 'x'.repeat(40), '\0\0\x80\0\0\x01\0\0\0\0\0\0\x01a\0\0\x01\0\x01']
  for (const packet of junk) socket.send(Buffer.from(packet, 'latin1'), server.port, '127.0.0.1')
  assert.deepEqual(gist(await ask(server, 'a.example')), ['NOERROR', '192.0.2.1'])
  assert.equal(server.queries.length, 1)
})

test('a zone may come from a JSON file, and mistakes in it are found', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-zone-'))
  const path = join(folder, 'zone.json')
  await writeFile(path, JSON.stringify({ 'a.example': { A: ['192.0.2.1'] }, 'b.example': 'TIMEOUT' }))
  const server = await nameServer(t, await readZone(path))
  assert.deepEqual(gist(await ask(server, 'a.example')), ['NOERROR', '192.0.2.1'])
  await writeFile(path, JSON.stringify({ 'a.example': { a: ['192.0.2.1'] } }))
  await assert.rejects(readZone(path), /Unrecognized key/)
  await rm(folder, { recursive: true })
})
