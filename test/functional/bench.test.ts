import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { cells, type LoadCell } from '../../bench/cells.ts'
import { measure } from '../../bench/measure.ts'
import { has } from '../../bench/native.ts'
import { peers } from '../../bench/peers.ts'
import { startPeer } from '../../bench/running.ts'
import { type Surroundings, startSurroundings } from '../../bench/surroundings.ts'
import { LineClient } from '../../fixtures/line-client.ts'
import { Resolver } from '../../src/world/resolver.ts'

const load = cells.find((cell): cell is LoadCell => cell.name === '4k-c10')

describe('the bench', { skip: has('cc') ? false : 'there is no C compiler' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'))
  let around: Surroundings
  before(async () => {
    around = await startSurroundings(folder, { peer: undefined, load: undefined, all: '0' })
  })
  after(async () => {
    await around.stop()
    rmSync(folder, { recursive: true })
  })

  for (const name of ['node-min-policy', 'postern-policy']) {
    it(`measures ${name} in a moment, and all that was accepted has arrived`, async () => {
      const peer = peers.find(other => other.name === name)
      assert.ok(peer && load)
      const running = await startPeer(peer, around)
      try {
        const sample = await measure(load, running, around, { round: 0, seconds: 0.3 })
        assert.deepEqual([sample.errors, sample.errorSamples, sample.faults], [0, [], []])
        assert.ok(sample.messages > 0 && sample.rate > 0 && sample.cpuPerThousand > 0)
        assert.ok(sample.questionsPerMessage > 1)
        const refused = await measure({ ...load, clients: 'listed', isRefused: true }, running, around, {
          round: 0,
          seconds: 0.2,
        })
        assert.deepEqual([refused.errors, refused.errorSamples, refused.faults], [0, [], []])
        assert.ok(refused.messages > 0)
      } finally {
        await running.child.stop()
      }
      assert.deepEqual(running.child.pids(), [])
    })
  }

  it('has a sink that sees the end of a message in pieces, and counts its body as it came', async () => {
    const client = await LineClient.open({ port: around.place.sinkPort })
    const counted = await around.sinkCounts()
    await client.line()
    for (const command of ['MAIL FROM:<a@b.example>', 'RCPT TO:<u7@b.example>', 'DATA']) {
      client.say(command)
      await client.line()
    }
    for (const piece of ['Subject: x\r', '\n\r\n..bod', 'y\r\n.\rnot yet\r\n', '.', '\r', '\nQUIT\r\n']) {
      client.write(piece)
      await new Promise(setImmediate)
    }
    assert.match((await client.line()) ?? '', /^250/)
    assert.match((await client.line()) ?? '', /^221/)
    const { messages, body, numbers, squares } = await around.sinkCounts()
    assert.equal(messages - counted.messages, 1)
    assert.equal(body - counted.body, '..body\r\n.\rnot yet\r\n'.length)
    assert.deepEqual([numbers - counted.numbers, squares - counted.squares], [7, 49])
  })

  it('has a name server that knows every client, and lists some', async () => {
    const { address, port } = around.place.dns
    const dns = new Resolver({ servers: [`${address}:${port}`] })
    const ask = async (type: 'A' | 'PTR' | 'TXT', name: string) => {
      const { status, records } = await dns.query(type, name)
      return [status, ...records.map(String)]
    }
    assert.deepEqual(await ask('PTR', '7.3.96.45.in-addr.arpa'), ['found', 'c-45-96-3-7.bench-sender.com'])
    assert.deepEqual(await ask('A', 'c-45-96-3-7.bench-sender.com'), ['found', '45.96.3.7'])
    assert.deepEqual(await ask('A', '7.3.96.45.dnsbl-a.bench-bl.net'), ['nxdomain'])
    assert.deepEqual(await ask('A', '7.3.66.45.dnsbl-a.bench-bl.net'), ['found', '127.0.0.2'])
    assert.deepEqual(await ask('A', '2.0.0.127.dnsbl-a.bench-bl.net'), ['found', '127.0.0.2'])
    assert.deepEqual(await ask('TXT', '_DMARC.bench-sender.com'), ['found', 'v=DMARC1; p=reject'])
    assert.deepEqual(await ask('TXT', 'mx.bench-sender.com'), ['nodata'])
    assert.equal((await dns.query('TXT', 'sel._domainkey.bench-sender.com')).status, 'found')
  })
})
