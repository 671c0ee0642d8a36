import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseServer, readSystemServers } from '../../src/world/dns-server.ts'

test('a server is an address with or without a port', () => {
  const servers = ['127.0.0.1:5353', '192.0.2.1', '[::1]:53', '[2001:db8::1]', '2001:db8::1'].map(parseServer)
  assert.deepEqual(
    servers.map(server => server && [server.address, server.port, server.family]),
    [
      ['127.0.0.1', 5353, 4],
      ['192.0.2.1', 53, 4],
      ['::1', 53, 6],
      ['2001:db8::1', 53, 6],
      ['2001:db8::1', 53, 6],
    ],
  )
})

test('anything else is no server', () => {
  for (const text of [
    '',
    'localhost',
    '127.0.0.1:',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '[127.0.0.1]:53',
    '127.1',
    '[::1',
    '::1]:53',
    '010.0.0.1',
  ]) {
    assert.equal(parseServer(text), undefined, text)
  }
})

test('TLS-06: only a server on this machine is a loopback server', () => {
  const loopback = ['127.0.0.1', '127.0.0.53:53', '[::1]:53', '::ffff:127.0.0.1'].map(text => parseServer(text)?.loopback)
  assert.deepEqual(loopback, [true, true, true, true])
  assert.equal(parseServer('192.0.2.53')?.loopback, false)
  assert.equal(parseServer('2001:db8::53')?.loopback, false)
})

test('the servers of the machine are those of resolv.conf, or the one on this machine', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-resolv-'))
  const path = join(folder, 'resolv.conf')
  await writeFile(
    path,
    '# nameserver 192.0.2.9\nsearch example.org\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 \nnameserver nonsense\n',
  )
  assert.deepEqual(await readSystemServers(path), ['192.0.2.1', '2001:db8::1'])
  await writeFile(path, 'options edns0\n')
  assert.deepEqual(await readSystemServers(path), ['127.0.0.1:53'])
  assert.deepEqual(await readSystemServers(join(folder, 'missing')), ['127.0.0.1:53'])
  await rm(folder, { recursive: true })
})
