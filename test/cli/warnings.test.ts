import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { warnings } from '../../src/cli/warnings.ts'
import { loadConfiguration } from '../../src/config/load.ts'

const folder = join(import.meta.dirname, '../../fixtures')
const relay = 'hostname: mx.example.org\nrelay: { example.org: { to: "smtp://10.0.0.5:25" } }\n'
const local = 'listen: [{ address: "127.0.0.1:25" }]\n'
const rules = 'rules: [{ use: score-limit }]\n'
const blocklist = 'rules: [{ use: dnsbl, options: { lists: [{ zone: bl.test }] } }]\n'

async function warned(text: string): Promise<string[]> {
  const loaded = await loadConfiguration({ file: 'postern.yaml', folder, text: relay + text })
  assert.ok('value' in loaded, JSON.stringify(loaded))
  return warnings(loaded.value)
}

it('a sound configuration has no warnings', async () => {
  assert.deepEqual(await warned(`${local}${blocklist}dns: { servers: ["127.0.0.1:53"] }`), [])
})

it('a public resolver is warned of when there are blocklists, however it is written', async () => {
  for (const server of ['8.8.8.8', '1.1.1.1:53', '[2001:4860:4860:0:0:0:0:8888]:53']) {
    const [warning = ''] = await warned(`${local}${blocklist}dns: { servers: ["${server}"] }`)
    assert.match(warning, /is a public resolver/, server)
    assert.deepEqual(await warned(`${local}${rules}dns: { servers: ["${server}"] }`), [])
  }
})

it('a listener for strangers without TLS, and one for submission, are warned of', async () => {
  const told = await warned(`listen: [{ address: "0.0.0.0:25" }, { address: "[::1]:587", as: submission }]\n${rules}`)
  assert.equal(told.length, 3)
  assert.match(told[0] ?? '', /^listen: 0\.0\.0\.0:25 offers no TLS/)
  assert.match(told[1] ?? '', /^listen: \[::1\]:587 is for submission/)
  assert.match(told[2] ?? '', /data\/accounts has no accounts/)
})

it('metrics that other machines can read are warned of', async () => {
  const told = async (metrics: string) =>
    (await warned(`${local}${rules}metrics: ${metrics}`)).filter(line => /^metrics:/.test(line))
  for (const metrics of ['{}', '{ listen: "[::1]:9125" }', '{ listen: "localhost:9125" }'])
    assert.deepEqual(await told(metrics), [])
  for (const address of ['0.0.0.0:9125', '[::]:9125', '192.0.2.1:9125']) {
    const [warning = ''] = await told(`{ listen: "${address}" }`)
    assert.ok(warning.startsWith(`metrics: ${address} is open to other machines`), warning)
  }
})

it('rules that do not count are warned of', async () => {
  assert.match((await warned(`${local}rules: [{ use: helo, mode: shadow }]`))[0] ?? '', /no rule is in force/)
  assert.match((await warned(`${local}${rules}mode: observe`))[0] ?? '', /observe relays all mail/)
})

it('rules that come too late, or are for nobody, are warned of', async () => {
  assert.deepEqual(await warned(`${local}rules: [{ use: score-limit }, { use: header-sanity }, { use: helo }]`), [
    'rules: header-sanity stands below score-limit, which has added up the points before it judges',
  ])
  assert.deepEqual(await warned(`${local}rules: [{ use: helo, to: ["*@exmaple.org", "*@example.org"] }]`), [
    'rules: helo is for recipients in exmaple.org, for which we do not relay',
  ])
})

it('a proxy that is to relay as well is warned of', async () => {
  const told = await warned(
    `listen: [{ address: "127.0.0.1:25", xclient: [10.0.0.7] }]\n${rules}relayFrom: [10.0.0.0/8, 192.0.2.1]`,
  )
  assert.deepEqual(told, ['relayFrom: 10.0.0.0/8 is a proxy too, which cannot send mail of its own'])
})
