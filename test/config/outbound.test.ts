import assert from 'node:assert/strict'
import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Script } from '../../fixtures/next-hop/script.ts'
import { defaultExtensions } from '../../fixtures/next-hop/session.ts'
import { localhost, startNextHop } from '../../fixtures/next-hop.ts'
import { loadConfiguration } from '../../src/config/load.ts'
import { openOutbound } from '../../src/config/open-outbound.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { zoneDns } from '../../src/testing/zone-dns.ts'
import { memoryStore } from '../../src/world/memory-store.ts'
import { address, closeLater, commands, relay, transaction } from '../relay/relaying.ts'

const head = [
  'hostname: mx.ours.example',
  'listen: [{ address: "127.0.0.1:2525", as: mx }]',
  'relay: { ours.example: { to: "smtp://127.0.0.1:26" } }',
]

async function load(outbound: string, folder = '/') {
  const text = [...head, 'outbound:', ...outbound.split('\n').map(line => `  ${line}`)].join('\n')
  return loadConfiguration({ file: 'test.yaml', folder, text })
}

async function problems(outbound: string, folder?: string): Promise<string[]> {
  const checked = await load(outbound, folder)
  return 'problems' in checked ? checked.problems.map(formatProblem) : []
}

async function open(outbound: string, folder?: string) {
  const checked = await load(outbound, folder)
  if ('problems' in checked) throw new Error(checked.problems.map(formatProblem).join('\n'))
  const zone = {
    'mx.example': { A: ['192.0.2.7'] },
    'other.example': { A: ['192.0.2.7'] },
    'sub.mx.example': { A: ['192.0.2.7'] },
  }
  const opened = openOutbound(checked.value, { dns: zoneDns(zone), store: memoryStore(() => new Date()) })
  closeLater(() => opened.close())
  return async (recipient: string, sender: string | null = null) => {
    const from = sender === null ? null : address(sender)
    const route = await opened.outbound.route({ recipient: address(recipient), sender: from })
    if ('code' in route) throw new Error(route.text)
    return route
  }
}

async function secretFile(text: string, mode: number): Promise<{ folder: string; name: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-secret-'))
  await writeFile(join(folder, 'secret'), text)
  await chmod(join(folder, 'secret'), mode)
  return { folder, name: 'secret' }
}

describe('routes that go before MX', () => {
  test('CLI-08: by recipient first, then by sender, then the smarthost; `mx` is none', async () => {
    const route = await open(`routes:
  "*.fixed.example": { to: "smtp://a:25" }
  mx.example: { to: mx }
bySender:
  ann@ours.example: { to: "smtp://b:587" }
  "ours.example": { to: "smtps://c" }
smarthost: { to: "smtp://d:587", tls: required }`)
    const to = async (recipient: string, sender?: string) => (await route(recipient, sender)).transport.name
    assert.equal(await to('x@one.fixed.example', 'ann@ours.example'), 'smtp://a:25')
    assert.equal(await to('x@other.example', 'ann@ours.example'), 'smtp://b:587')
    assert.equal(await to('x@other.example', 'bob@ours.example'), 'smtps://c')
    assert.equal(await to('x@other.example', 'bob@sub.ours.example'), 'smtp://d:587')
    assert.equal(await to('x@other.example'), 'smtp://d:587')
    assert.equal(await to('x@mx.example', 'ann@ours.example'), 'mx:mx.example')
    assert.equal((await route('x@other.example')).provider, 'smtp://d:587')
    assert.equal((await route('x@other.example')).transport, (await route('y@another.example')).transport)
  })

  test('without any, each domain has its own servers', async () => {
    assert.equal((await (await open('{}'))('x@other.example', 'ann@ours.example')).transport.name, 'mx:other.example')
  })

  test('AUTH by PLAIN, or LOGIN where there is nothing else, with a password from a file', async () => {
    const { folder, name } = await secretFile('open sesame\nanother line', 0o640)
    const login: Script = {
      auth: ({ line }) => (line === 'AUTH LOGIN' ? '334 VXNlcm5hbWU6' : line === 'YW5u' ? '334 UGFzc3dvcmQ6' : undefined),
    }
    const cases: readonly [string, Script, readonly string[]][] = [
      ['AUTH LOGIN PLAIN', {}, ['AUTH PLAIN AGFubgBvcGVuIHNlc2FtZQ==']],
      ['AUTH LOGIN', login, ['AUTH LOGIN', 'YW5u', 'b3BlbiBzZXNhbWU=']],
    ]
    for (const [offer, script, expected] of cases) {
      const extensions = [...defaultExtensions, offer]
      const hop = await startNextHop({ tls: localhost, extensions, script })
      closeLater(() => hop.close())
      const auth = `auth: { user: ann, passwordFile: ${name} }`
      const { transport } = await (
        await open(`smarthost: { to: "smtp://localhost:${hop.port}", verify: false, ${auth} }`, folder)
      )('x@other.example')
      assert.deepEqual(await relay(transport.begin(transaction()), 'x@other.example'), ['250 2.1.5', '250 2.0.0'])
      const said = commands(hop)
      assert.deepEqual(said.slice(3, 3 + expected.length), expected)
      assert.ok(said.indexOf('STARTTLS') < said.indexOf(expected[0] ?? ''))
    }
  })

  test('a password is never said in clear, and a refused one is no fault of the sender', async () => {
    const auth = 'auth: { user: ann, password: sesame }'
    const cases = [
      [{ extensions: [...defaultExtensions, 'AUTH PLAIN'] }, '451 4.7.5'],
      [{ tls: localhost, extensions: [...defaultExtensions, 'AUTH PLAIN'], script: { auth: '535 5.7.8 No' } }, '451 4.3.5'],
      [{ tls: localhost, extensions: [...defaultExtensions, 'AUTH CRAM-MD5'] }, '451 4.3.5'],
      [{ tls: localhost, extensions: [...defaultExtensions, 'AUTH PLAIN'], script: { auth: 'close' } }, '451 4.4.2'],
    ] as const
    for (const [options, expected] of cases) {
      const hop = await startNextHop(options)
      closeLater(() => hop.close())
      const { transport } = await (await open(`smarthost: { to: "smtp://localhost:${hop.port}", verify: false, ${auth} }`))(
        'x@other.example',
      )
      const delivery = transport.begin(transaction())
      const reply = await delivery.ask(address('x@other.example'))
      delivery.end()
      assert.equal(`${reply.code} ${reply.status}`, expected)
      assert.doesNotMatch(JSON.stringify(reply), /sesame|AGFubgBz/)
      if (!('tls' in options)) assert.ok(!commands(hop).some(line => line.startsWith('AUTH')))
    }
  })

  test('what makes no sense is told where it stands', async () => {
    const wrong: readonly [string, RegExp][] = [
      [
        'smarthost: { to: "lmtp://x:24" }',
        /^test\.yaml:5:20: outbound\.smarthost\.to: expected smtp:\/\/host:port, smtps:\/\/host:port, or mx, found/,
      ],
      ['smarthost: { to: "smtp://x:99999" }', /outbound\.smarthost\.to: expected smtp:\/\/host:port/],
      ['smarthost: { to: mx, tls: required }', /5:24: outbound\.smarthost: expected nothing beside `to: mx`, found "tls"/],
      [
        'smarthost: { to: "smtp://x:587", tls: opportunistic, auth: { user: a, password: b } }',
        /smarthost\.tls: expected required, because of auth/,
      ],
      ['smarthost: { to: "smtp://x:587", auth: { user: a } }', /smarthost\.auth: expected either password or passwordFile/],
      ['routes: { "exa mple": { to: mx } }', /expected a domain, such as example\.org/],
      ['bySender: { "a b@c": { to: mx } }', /expected an address, such as ann@example\.org, a domain/],
      ['addresses: ["192.0.2.0/24"]', /addresses\[0\]: expected an address, such as 198\.51\.100\.1/],
      ['ip: both', /outbound\.ip: expected one of auto, ipv6-first/],
      [
        'smarthost: { to: "smtp://x:587", auth: { user: a, passwordFile: missing } }',
        /auth\.passwordFile: expected a file whose first line is a password.*found no \/missing/,
      ],
    ]
    for (const [text, expected] of wrong) {
      const found = await problems(text)
      assert.equal(found.length, 1, found.join('\n'))
      assert.match(found[0] ?? '', expected)
    }
  })

  test('a password file that others may read, or our group may change, is refused', async () => {
    for (const [mode, isGood] of [
      [0o600, true],
      [0o440, true],
      [0o644, false],
      [0o660, false],
    ] as const) {
      const { folder, name } = await secretFile('sesame', mode)
      const found = await problems(`smarthost: { to: "smtp://x:587", auth: { user: a, passwordFile: ${name} } }`, folder)
      assert.equal(found.length, isGood ? 0 : 1, mode.toString(8))
      if (!isGood) assert.match(found[0] ?? '', new RegExp(`with mode ${mode.toString(8)}`))
    }
    const { folder, name } = await secretFile('\n', 0o600)
    assert.match(
      (await problems(`smarthost: { to: "smtp://x:587", auth: { user: a, passwordFile: ${name} } }`, folder))[0] ?? '',
      /first line is empty/,
    )
  })
})
