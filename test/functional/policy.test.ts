import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import type { Zone } from '../../fixtures/dns-server.ts'
import { readConfiguration } from '../../src/cli/startup.ts'
import { send, startGateway } from './gateway.ts'

const blocklist = '[{ use: dnsbl, options: { lists: [{ zone: bl.test, refuse: [127.0.0.2] }] } }]'
const listed = { '66.113.0.203.bl.test': { A: ['127.0.0.2'] } }

it('a listed client is refused at RCPT, with the reason and the id of the trace', async () => {
  await using gateway = await startGateway({ rules: blocklist, zone: listed })
  const { rcpts } = await send(await gateway.client('203.0.113.66'))
  assert.match(
    `${rcpts[0]?.code} ${rcpts[0]?.text}`,
    /^554 5\.7\.1 Your address 203\.0\.113\.66 is in a blocklist; questions to postmaster@our\.example \[[0-9A-Z]{12}\.1\]$/,
  )
  assert.equal(gateway.nextHop.connections, 0)
})

it('SRV-09: postmaster can be reached by a client that is refused for everybody else', async () => {
  await using gateway = await startGateway({ rules: blocklist, zone: listed })
  const client = await gateway.client('203.0.113.66')
  const { rcpts, data } = await send(client, { recipients: ['bob@our.example', 'POSTMASTER@our.example', 'abuse@our.example'] })
  assert.deepEqual(
    rcpts.map(({ code }) => code),
    [554, 250, 250],
  )
  assert.equal(data?.code, 250)
  await client.say('MAIL FROM:<ann@sender.example>')
  assert.equal((await client.say('RCPT TO:<Postmaster>')).code, 250)
  assert.equal((await client.say('RCPT TO:<bob>')).code, 501)
})

it('SRV-10: a bounce is taken with all rules in force', async () => {
  const rules = await readFile(join(import.meta.dirname, '../../policies/default.yaml'), 'utf8')
  await using gateway = await startGateway({ rules: `\n${rules}` })
  const { data } = await send(await gateway.client(), { sender: '' })
  assert.equal(data?.code, 250)
  assert.deepEqual(
    gateway.traces[0]?.entries.filter(({ error }) => error),
    [],
  )
})

it('SRV-27: a sender whose domain takes no mail is refused with 5.7.27', async () => {
  await using gateway = await startGateway({
    rules: '[{ use: sender-domain }]',
    zone: { 'never.example': { MX: [{ preference: 0, exchange: '' }] } },
  })
  const { rcpts } = await send(await gateway.client(), { sender: 'ann@never.example' })
  assert.match(`${rcpts[0]?.code} ${rcpts[0]?.text}`, /^550 5\.7\.27 /)
})

it('SRV-06: a HELO name that does not match the client is no reason to refuse', async () => {
  const rules = await readFile(join(import.meta.dirname, '../../policies/default.yaml'), 'utf8')
  await using gateway = await startGateway({ rules: `\n${rules}` })
  assert.equal((await send(await gateway.client(), { helo: 'other.example' })).data?.code, 250)
})

const troubles: Readonly<Record<string, Zone>> = {
  'answers 127.255.255.254': { '10.2.0.192.bl.test': { A: ['127.255.255.254'] } },
  'lists the world': { '*.bl.test': { A: ['127.0.0.2'] }, '1.0.0.127.bl.test': { A: ['127.0.0.2'] } },
  fails: { '*.bl.test': 'SERVFAIL', '2.0.0.127.bl.test': 'SERVFAIL' },
  'is silent': { '*.bl.test': 'TIMEOUT', '2.0.0.127.bl.test': 'TIMEOUT' },
}

for (const [title, zone] of Object.entries(troubles)) {
  it(`BL-01, BL-02: a blocklist that ${title} refuses nobody, and the log says so`, async () => {
    await using gateway = await startGateway({ rules: blocklist, zone })
    const { rcpts, data } = await send(await gateway.client())
    assert.deepEqual([rcpts[0]?.code, data?.code], [250, 250])
    await gateway.client() // by then the silent list has been given up
    assert.ok(
      gateway.log.some(line => /^(error|warn) this list .*bl\.test/.test(line)),
      gateway.log.join('\n'),
    )
  })
}

it('a trace tells everything that was found and said', async () => {
  await using gateway = await startGateway({
    rules: '[{ use: reverse-dns }, { use: helo }, { use: sender-domain }, { use: score-limit }]',
  })
  await send(await gateway.client(), { recipients: ['bob@our.example', 'u@other.example'] })
  const [trace] = gateway.traces
  assert.deepEqual(
    trace?.entries.map(({ rule }) => rule),
    ['reverse-dns', 'helo', 'sender-domain', 'score-limit'],
  )
  assert.deepEqual(trace?.facts.map(({ fact }) => fact).toSorted(), ['helo-host', 'reverse-dns', 'sender-domain'])
  assert.deepEqual(
    trace?.recipients.map(({ address, outcome }) => `${address} ${outcome}`),
    ['bob@our.example delivered', 'u@other.example rejected'],
  )
  assert.equal(trace?.message?.subject, 'hello')
})

it('observe mode relays everything, and the trace tells what would have been', async () => {
  await using gateway = await startGateway({ rules: blocklist, zone: listed, more: 'mode: observe' })
  assert.equal((await send(await gateway.client('203.0.113.66'))).data?.code, 250)
  assert.equal(gateway.traces[0]?.entries[0]?.verdict.action, 'reject')
})

it('a reload judges new sessions by the new rules; a broken one changes nothing', async () => {
  await using gateway = await startGateway({ zone: listed })
  const file = join(gateway.folder, 'postern.yaml')
  const text = await readFile(file, 'utf8')
  const before = await gateway.client('203.0.113.66')

  await writeFile(file, text.replace('rules: []', 'rules: [{ use: no-such-policy }]'))
  await gateway.service.reload(await readConfiguration(file))
  assert.equal((await send(await gateway.client('203.0.113.66'))).data?.code, 250)
  assert.ok(gateway.log.some(line => line.includes('the old configuration stays in force')))

  await writeFile(file, text.replace('rules: []', `rules: ${blocklist}`))
  await gateway.service.reload(await readConfiguration(file))
  assert.equal((await send(await gateway.client('203.0.113.66'))).rcpts[0]?.code, 554)
  assert.equal((await send(before)).data?.code, 250)
})
