import assert from 'node:assert/strict'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type DnsServer, startDnsServer } from '../../fixtures/dns-server.ts'
import { storeFile } from '../../src/config/data-folder.ts'
import { partOf } from '../../src/engine/store.ts'
import { TlsReport } from '../../src/mx/tls-report.ts'
import { openSqliteStore } from '../../src/world/sqlite-store.ts'
import { run } from '../peers/support/run.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const record = `3 1 1 ${'ab'.repeat(32)}`

describe('postern route', () => {
  let dns: DnsServer
  let folder: string

  before(async () => {
    const mx = (exchange: string, preference: number) => ({ exchange, preference })
    dns = await startDnsServer({
      'bank.example': { MX: [mx('mx2.bank.example', 20), mx('mx1.bank.example', 10)], secure: true },
      'mx1.bank.example': { A: ['198.51.100.61'], secure: true },
      '_25._tcp.mx1.bank.example': { TLSA: [record], secure: true },
      'mx2.bank.example': { A: ['198.51.100.62', '198.51.100.63'] },
      'quiet.example': { MX: [mx('', 0)] },
    })
    folder = await mkdtemp(join(tmpdir(), 'postern-route-'))
    const lines = [
      'hostname: mx.ours.example',
      `dns: { servers: ["${dns.address}"] }`,
      'listen: [{ address: "127.0.0.1:2525", as: mx }]',
      'relay: { "*.ours.example": { to: "smtp://10.0.0.5:25" } }',
      'postmaster: a@x.ours.example',
      'outbound: { ip: ipv4-only, bySender: { ann@ours.example: { to: "smtp://10.0.0.6:587" } } }',
    ]
    await writeFile(join(folder, 'postern.yaml'), lines.join('\n'))
  })

  after(() => dns?.close())

  const postern = (...args: string[]) => run(process.execPath, [main, ...args, '-c', join(folder, 'postern.yaml')])

  test('tells the servers of a domain in their order, how they would be spoken with, and why', async () => {
    const { code, output } = await postern('route', 'bob@bank.example')
    assert.equal(code, 0, output)
    const [first, ...servers] = output.trimEnd().split('\n')
    assert.equal(first, 'bob@bank.example goes to its servers (MX), run by bank.example; DNS signed')
    assert.match(
      servers[0] ?? '',
      /^ {2}10 {2}mx1\.bank\.example {2}198\.51\.100\.61 +TLS or no mail; DANE: .* the TLSA record of mx1\.bank/,
    )
    assert.match(
      servers[1] ?? '',
      /^ {2}20 {2}mx2\.bank\.example {2}198\.51\.100\.6[23] 198\.51\.100\.6[23] {2}TLS if possible; no DANE \(its DNS is not/,
    )
  })

  test('the same as JSON', async () => {
    const { output } = await postern('route', 'bob@bank.example', '--json')
    const { by, provider, secure, hosts } = JSON.parse(output)
    assert.deepEqual(
      [by, provider, secure, hosts.length, hosts[0].policy, hosts[0].tls],
      ['mx', 'bank.example', true, 2, 'tlsa', 'required'],
    )
  })

  test('tells of mail that goes another way, or none', async () => {
    const cases: readonly [readonly string[], number, RegExp][] = [
      [['x@a.ours.example'], 0, /is ours: it goes to smtp:\/\/10\.0\.0\.5:25/],
      [['bob@bank.example', '--from', 'ann@ours.example'], 0, /goes to smtp:\/\/10\.0\.0\.6:587, as outbound says/],
      [['bob@quiet.example'], 1, /cannot be delivered: 556 5\.1\.10 quiet\.example takes no mail/],
      [['bob@nowhere.example'], 1, /cannot be delivered: 550 5\.1\.2/],
      [['bob'], 2, /expected an address such as bob@example\.net, found bob/],
      [['bob@bank.example', '--from', 'x'], 2, /expected an address behind --from, found x/],
    ]
    for (const [args, code, expected] of cases) {
      const ended = await postern('route', ...args)
      assert.match(ended.output, expected)
      assert.equal(ended.code, code, ended.output)
    }
  })

  test('postern tls-report tells the counts of a day', async () => {
    const data = join(folder, 'data')
    await mkdir(data, { recursive: true })
    const store = openSqliteStore(storeFile(data), () => new Date())
    const report = new TlsReport(partOf(store, 'tls-report'), () => new Date('2030-01-02T12:00:00Z'))
    for (let i = 0; i < 2; i++) await report.count({ domain: 'bank.example', policy: 'tlsa', result: 'success' })
    await report.count({ domain: 'bank.example', policy: 'sts', result: 'certificate-expired' })
    store.close()
    assert.match(
      (await postern('tls-report', '2030-01-02')).output,
      /^bank\.example {2}tlsa +success +2\nbank\.example {2}sts +certificate-expired {2}1\n$/,
    )
    assert.deepEqual(JSON.parse((await postern('tls-report', '2030-01-03', '--json')).output), { day: '2030-01-03', counts: [] })
    assert.equal((await postern('tls-report', 'today')).code, 2)
  })
})
