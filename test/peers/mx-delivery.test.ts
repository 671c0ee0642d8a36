import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Reply } from '../../src/mail/reply.ts'
import { type Authority, makeAuthority, selfSigned } from './support/certificates.ts'
import { type Daemon, startDaemon } from './support/daemon.ts'
import { type MailServer, startExim, startMxPostfix } from './support/exchangers.ts'
import { peerFolder, removeFolder } from './support/folder.ts'
import { inside, makeNamespaces, type Namespaces } from './support/namespaces.ts'
import { needs, pathOf } from './support/needs.ts'
import { mustRun, run } from './support/run.ts'
import { nameServer, startSignedDns } from './support/signed-dns.ts'
import { until } from './support/wait.ts'

const missing = needs(
  'root',
  'ip',
  'nsd',
  'unbound',
  'dig',
  'ldns-keygen',
  'ldns-signzone',
  'openssl',
  'postfix',
  'posttls-finger',
  'exim4',
)
const programFile = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const [postfixAddress, eximAddress, policyAddress] = ['192.0.2.25', '192.0.2.26', '192.0.2.80']
const wrong = `3 1 1 ${'00'.repeat(32)}`

interface Sent {
  readonly reply: Reply
  readonly counts: readonly { readonly policy: string; readonly results: Readonly<Record<string, number>> }[]
}

describe('Postern → Postfix and Exim, found by MX in a signed zone', { skip: missing }, () => {
  let folder: string
  let spaces: Namespaces
  let authority: Authority
  let dns: Daemon
  let postfix: MailServer
  let exim: MailServer
  let policyHost: Daemon
  let environment: Record<string, string>

  before(async () => {
    folder = await peerFolder('mx')
    spaces = await makeNamespaces([nameServer, postfixAddress, eximAddress, policyAddress])
    authority = await makeAuthority(folder)
    environment = { SSL_CERT_FILE: authority.cert }
    const ofPostfix = await selfSigned(folder, 'mx.postfix.world.test')
    const ofExim = await authority.issue(['mx.exim.world.test', 'mx.good.sts.example'])
    dns = await startSignedDns(folder, spaces, zones(await tlsa(ofPostfix.cert), await tlsa(ofExim.cert)))
    const domains = (name: string) => [
      `${name}.world.test`,
      'wrong.world.test',
      'forged.world.test',
      'good.sts.example',
      'bad.sts.example',
      'plain.test',
    ]
    const { world: namespace } = spaces
    postfix = await startMxPostfix({
      namespace,
      address: postfixAddress,
      name: 'mx.postfix.world.test',
      domains: domains('postfix'),
      certificate: ofPostfix,
    })
    exim = await startExim({
      namespace,
      address: eximAddress,
      name: 'mx.exim.world.test',
      domains: domains('exim'),
      certificate: ofExim,
    })
    policyHost = await startPolicyHost()
    await writeFile(join(folder, 'postern.yaml'), configuration)
    // For posttls-finger.
    await writeFile(
      join(folder, 'main.cf'),
      'compatibility_level = 3.6\ninet_interfaces = loopback-only\nsmtp_dns_support_level = dnssec\n',
    )
  })

  after(async () => {
    await policyHost?.stop()
    await exim?.stop()
    await postfix?.stop()
    await dns?.stop()
    await spaces?.remove()
    if (folder) await removeFolder(folder)
  })

  async function startPolicyHost(): Promise<Daemon> {
    const { cert, key } = await authority.issue(['mta-sts.good.sts.example', 'mta-sts.bad.sts.example'])
    const program = [programFile('./support/policy-host-process.ts'), policyAddress, cert, key]
    const daemon = startDaemon(...inside(spaces.world, process.execPath, program))
    await until('the policy host', () => (daemon.output().includes('ready') ? true : undefined))
    return daemon
  }

  async function send(recipient: string): Promise<Sent> {
    const program = [programFile('./support/outside-process.ts'), join(folder, 'postern.yaml'), recipient]
    return JSON.parse(await mustRun(...inside(spaces.us, process.execPath, program), { env: environment }))
  }

  async function route(recipient: string): Promise<string> {
    const program = [programFile('../../src/cli/main.ts'), 'route', recipient, '-c', join(folder, 'postern.yaml')]
    return (await run(...inside(spaces.us, process.execPath, program), { env: environment })).output
  }

  /** What Postfix finds out about the servers of a domain, when it insists on DANE. */
  async function posttlsFinger(domain: string): Promise<string> {
    const program = inside(spaces.us, pathOf('posttls-finger'), ['-c', '-l', 'dane-only', domain])
    return (await run(...program, { env: { MAIL_CONFIG: folder } })).output
  }

  test('delivered to both, verified by DANE, as posttls-finger does', async () => {
    for (const [name, server] of [
      ['postfix', postfix],
      ['exim', exim],
    ] as const) {
      const { reply, counts } = await send(`bob@${name}.world.test`)
      assert.equal(reply.code, 250, `${JSON.stringify(reply)} ${await server.log()}`)
      assert.deepEqual(
        counts.map(({ policy, results }) => [policy, results]),
        [['tlsa', { success: 1 }]],
      )
      await until('the message', async () => ((await server.mail()).includes(`to bob@${name}.world.test`) ? true : undefined))
      assert.match(await posttlsFinger(`${name}.world.test`), /Verified TLS connection established/)
      assert.match(
        await route(`bob@${name}.world.test`),
        /DNS signed\n.*TLS or no mail; DANE: the certificate must fit the TLSA record/,
      )
    }
    assert.match(await exim.log(), /X=TLS1\.3.* SNI=mx\.exim\.world\.test/)
  })

  test('a TLSA record that fits no certificate: deferred, and the reply says why; posttls-finger agrees', async () => {
    const { reply, counts } = await send('bob@wrong.world.test')
    assert.deepEqual([reply.code, reply.status], [451, '4.7.5'])
    assert.match(reply.detail ?? '', /mx\.wrong\.world\.test\[192\.0\.2\.25\]:25: DANE: no TLSA record fits the certificate/)
    assert.deepEqual(counts[0]?.results, { 'validation-failure': 1 })
    assert.match(await posttlsFinger('wrong.world.test'), /verification failed .*no matching DANE TLSA records/)
    assert.doesNotMatch(await postfix.mail(), /to bob@wrong/)
  })

  test('a TLSA record, or a whole zone, whose signature is wrong: deferred, and the reply says why; posttls-finger agrees', async () => {
    const tlsa = await send('bob@forged.world.test')
    assert.deepEqual([tlsa.reply.code, tlsa.reply.status], [451, '4.7.5'])
    assert.match(tlsa.reply.detail ?? '', /DANE: TLSA _25\._tcp\.mx\.forged\.world\.test: .*SERVFAIL/)
    assert.deepEqual(tlsa.counts[0]?.results, { 'dnssec-invalid': 1 })
    const zone = await send('bob@bogus.test')
    assert.deepEqual([zone.reply.code, zone.reply.status], [451, '4.4.3'])
    assert.match(zone.reply.detail ?? '', /MX bogus\.test: .*SERVFAIL/)
    assert.match(await posttlsFinger('forged.world.test'), /TLSA lookup error for mx\.forged\.world\.test/)
    assert.match(await posttlsFinger('bogus.test'), /name=bogus\.test type=MX: Host not found, try again/)
    assert.match(await route('bob@forged.world.test'), /not spoken with; DANE: TLSA .*SERVFAIL/)
  })

  test('without a signature: encrypted with whatever certificate', async () => {
    const { reply, counts } = await send('bob@plain.test')
    assert.equal(reply.code, 250, JSON.stringify(reply))
    assert.deepEqual(
      counts.map(({ policy, results }) => [policy, results]),
      [['no-policy-found', { success: 1 }]],
    )
  })

  test('MTA-STS enforced: delivered to a server that proves its name; with a wrong certificate not delivered, and counted', async () => {
    const good = await send('bob@good.sts.example')
    assert.equal(good.reply.code, 250, JSON.stringify(good.reply))
    assert.deepEqual(
      good.counts.map(({ policy, results }) => [policy, results]),
      [['sts', { success: 1 }]],
    )
    const bad = await send('bob@bad.sts.example')
    assert.deepEqual([bad.reply.code, bad.reply.status], [451, '4.7.5'])
    assert.match(bad.reply.detail ?? '', /MTA-STS: DEPTH_ZERO_SELF_SIGNED_CERT \(shown: CN=mx\.postfix\.world\.test/)
    assert.deepEqual(
      bad.counts.map(({ policy, results }) => [policy, results]),
      [['sts', { 'certificate-not-trusted': 1 }]],
    )
  })

  test('the policy host is down later: what it said still holds, in another process', async () => {
    await policyHost.stop()
    const bad = await send('bob@bad.sts.example')
    assert.equal(bad.reply.status, '4.7.5')
    assert.deepEqual(bad.counts[0]?.results, { 'certificate-not-trusted': 2 })
    assert.equal((await send('bob@good.sts.example')).reply.code, 250)
  })
})

const configuration = `hostname: mx.ours.example
data: data
workers: 1
dns: { servers: ["127.0.0.1:53"] }
listen: [{ address: "127.0.0.1:2525", as: mx }]
relay: { ours.example: { to: "smtp://127.0.0.1:2526" } }
`

function zones(postfixTlsa: string, eximTlsa: string) {
  const world = [
    'postfix MX 10 mx.postfix',
    `mx.postfix A ${postfixAddress}`,
    `_25._tcp.mx.postfix TLSA ${postfixTlsa}`,
    'exim MX 10 mx.exim',
    `mx.exim A ${eximAddress}`,
    `_25._tcp.mx.exim TLSA ${eximTlsa}`,
    'wrong MX 10 mx.wrong',
    `mx.wrong A ${postfixAddress}`,
    `_25._tcp.mx.wrong TLSA ${wrong}`,
    'forged MX 10 mx.forged',
    `mx.forged A ${postfixAddress}`,
    `_25._tcp.mx.forged TLSA 3 1 1 ${'11'.repeat(32)}`,
  ]
  const sts = ['good', 'bad'].flatMap(name => [
    `${name} MX 10 mx.${name}`,
    `mx.${name} A ${name === 'good' ? eximAddress : postfixAddress}`,
    `_mta-sts.${name} TXT "v=STSv1; id=1;"`,
    `mta-sts.${name} A ${policyAddress}`,
  ])
  return [
    { name: 'world.test', signed: true, records: world, forge: ['11'.repeat(32), '22'.repeat(32)] as const },
    {
      name: 'bogus.test',
      signed: true,
      records: ['@ MX 10 mx', `mx A ${postfixAddress}`],
      forge: ['10 mx.bogus', '20 mx.bogus'] as const,
    },
    { name: 'plain.test', signed: false, records: ['@ MX 10 mx', `mx A ${postfixAddress}`] },
    { name: 'sts.example', signed: false, records: sts },
  ]
}

/** The record for a certificate, as `3 1 1`. */
async function tlsa(file: string): Promise<string> {
  const { publicKey } = new X509Certificate(await readFile(file))
  return `3 1 1 ${createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`
}
