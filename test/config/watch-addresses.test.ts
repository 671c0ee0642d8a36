import assert from 'node:assert/strict'
import { it } from 'node:test'
import { startDnsServer } from '../../fixtures/dns-server.ts'
import { loadConfiguration } from '../../src/config/load.ts'
import { watchAddresses } from '../../src/config/watch-addresses.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { Resolver } from '../../src/world/resolver.ts'

async function load(outbound: string, server = '127.0.0.1:53') {
  const text = `hostname: mx.our.example
dns: { servers: ["${server}"], timeoutMs: 300 }
listen: [{ address: "127.0.0.1:2525" }]
relay: { our.example: { to: "maildir:mail" } }
${outbound}`
  const loaded = await loadConfiguration({ file: 'postern.yaml', folder: '/', text })
  assert.ok('value' in loaded)
  return loaded.value
}

it('our own addresses are watched: a listing is told once, and counted as long as it is there', async t => {
  const server = await startDnsServer({
    '2.0.0.127.zen.spamhaus.org': { A: ['127.0.0.2'] },
    '2.0.0.127.bl.spamcop.net': { A: ['127.0.0.2'] },
    '9.113.0.203.zen.spamhaus.org': { A: ['127.0.0.3'] },
  })
  t.after(() => server.close())
  const lines: string[] = []
  const say = (level: string) => (fields: object, text: string) => void lines.push(`${level}: ${text} ${JSON.stringify(fields)}`)
  const metrics = new Metrics({ version: '0', configuration: '', mode: 'enforce' })
  const context = {
    log: { info: say('info'), warn: say('warn') },
    metrics,
    dns: new Resolver({ servers: [server.address], timeoutMs: 300 }),
  }
  const watch = watchAddresses(
    await load('outbound: { addresses: [203.0.113.9], watchBlocklists: true }', server.address),
    context,
  )
  assert.ok(watch)
  t.after(() => watch.stop())
  const counted = async () => {
    const { metrics: all } = await metrics.report()
    const values = all.find(({ name }) => name === 'postern_own_address_listed')?.values ?? []
    return values.map(({ value, labels }) => `${labels.address} ${labels.zone} ${value}`)
  }

  await watch.start()
  await watch.look()
  assert.deepEqual(lines, [
    'warn: a blocklist lists an address from which our mail goes out {"address":"203.0.113.9","zone":"zen.spamhaus.org","codes":["127.0.0.3"],"removal":"https://check.spamhaus.org/"}',
  ])
  // The others have failed their test: nothing is known of them.
  assert.deepEqual(await counted(), ['203.0.113.9 zen.spamhaus.org 1', '203.0.113.9 bl.spamcop.net 0'])

  server.set('9.113.0.203.zen.spamhaus.org', undefined)
  await watch.look()
  assert.match(lines[1] ?? '', /^info: a blocklist does not list this address of ours any more/)
  assert.deepEqual(await counted(), ['203.0.113.9 zen.spamhaus.org 0', '203.0.113.9 bl.spamcop.net 0'])
})

it('nobody is asked unless the configuration says so', async () => {
  const context = { log: { info() {}, warn() {} }, dns: new Resolver({ servers: ['127.0.0.1:9'] }) }
  for (const text of ['', 'outbound: { watchBlocklists: false }'])
    assert.equal(watchAddresses(await load(text), context), undefined)
})
