import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { loadConfiguration } from '../../src/config/load.ts'
import { openSigning } from '../../src/config/open-signing.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { keyRecord } from '../../src/signing/key-record.ts'
import { type Zone, zoneDns } from '../../src/testing/zone-dns.ts'
import { letter, messageOf } from '../facts/authentication.ts'
import { trace } from '../relay/trace.ts'
import { bytesOf } from '../signing/bytes-of.ts'
import { bothKeys } from '../signing/keys.ts'

const [rsa, ed25519] = bothKeys('sender.example')
const pemOf = (key: Pick<typeof rsa, 'privateKey'>) => key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const head = `hostname: mx.our.example
listen: [{ address: "127.0.0.1:2525" }]
relay: { our.example: { to: "maildir:mail" } }
`

/** A folder with files in it, which only we can read unless told. */
async function load(t: TestContext, text: string, files: Readonly<Record<string, string>>, mode = 0o600) {
  const folder = await mkdtemp(join(tmpdir(), 'postern-signing-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content)
    await chmod(join(folder, name), mode)
  }
  const loaded = await loadConfiguration({ file: 'postern.yaml', folder, text: head + text })
  const told = 'problems' in loaded ? loaded.problems.map(problem => formatProblem(problem).replaceAll(`${folder}/`, '')) : []
  return { loaded, told }
}

const expected = 'expected a private key in PEM form: RSA with at least 1024 bits, or Ed25519, found'

describe('a key that nobody should sign with is refused where it stands', () => {
  const key = 'sign: { sender.example: [{ selector: s, key: k.pem }] }'
  const short = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const wrong: Readonly<Record<string, string>> = {
    'an RSA key of 512 bits': pemOf({ privateKey: short }),
    'a key of type ec': pemOf(curve),
    'a public key': curve.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'no private key': 'rubbish',
  }
  for (const [found, content] of Object.entries(wrong)) {
    it(found, async t => {
      const { told } = await load(t, key, { 'k.pem': content })
      assert.deepEqual(told, [`postern.yaml:4:46: sign["sender.example"][0].key: ${expected} ${found} in k.pem`])
    })
  }

  it('a file that others can read, or that is not there', async t => {
    const expected = 'expected a file that only we can read (mode 0600 or 0640)'
    for (const mode of [0o644, 0o660, 0o700, 0o604]) {
      const { told } = await load(t, key, { 'k.pem': pemOf(rsa) }, mode)
      assert.deepEqual(told, [
        `postern.yaml:4:46: sign["sender.example"][0].key: ${expected}, found mode 0${mode.toString(8)} of k.pem`,
      ])
    }
    for (const mode of [0o600, 0o640, 0o400]) assert.deepEqual((await load(t, key, { 'k.pem': pemOf(rsa) }, mode)).told, [])
    assert.deepEqual((await load(t, key, {})).told, [
      'postern.yaml:4:46: sign["sender.example"][0].key: expected a file that can be read, found no k.pem',
    ])
  })

  it('two keys of one name, and a domain twice', async t => {
    const text = `sign:
  sender.example: [{ selector: s, key: k.pem }, { selector: S, key: k.pem }]
  SENDER.example: [{ selector: t, key: k.pem }]`
    assert.deepEqual((await load(t, text, { 'k.pem': pemOf(rsa) })).told, [
      'postern.yaml:5:61: sign["sender.example"][1].selector: expected a selector for each key, found "S"',
      'postern.yaml:6:3: sign: expected each domain once, found "SENDER.example"',
    ])
  })

  it('a secret that is too short, or none', async t => {
    const srs = 'srs: { domain: srs.our.example, secretFile: secret }'
    const expected = 'postern.yaml:4:45: srs.secretFile: expected secrets of at least 16 characters, one a line, found'
    assert.deepEqual((await load(t, srs, { secret: '# ours\n\nshort\n' })).told, [`${expected} 5 characters in secret:3`])
    assert.deepEqual((await load(t, srs, { secret: '# none yet\n' })).told, [`${expected} none in secret`])
    assert.deepEqual((await load(t, srs, { secret: 'long enough for anybody\n' })).told, [])
  })
})

const whole = `sign:
  sender.example: [{ selector: r, key: r.pem }, { selector: e, key: e.pem }]
arc: { domain: our.example, selector: a, key: e.pem }
srs: { domain: srs.our.example, secretFile: secret }`
const files = {
  'r.pem': pemOf(rsa),
  'e.pem': pemOf(ed25519),
  secret: 'a secret of ours, the new one\nand the old one, long enough\n',
}

async function open(t: TestContext, zone: Zone) {
  const { loaded } = await load(t, whole, files)
  assert.ok('value' in loaded)
  const lines: string[] = []
  const say = (level: string) => (fields: object, text: string) => void lines.push(`${level}: ${text} ${JSON.stringify(fields)}`)
  const metrics = new Metrics({ version: '0', configuration: '', mode: 'enforce' })
  const dns = zoneDns(zone)
  const log = { info: say('info'), warn: say('warn'), error: say('error') }
  const signing = await openSigning(loaded.value, { log, metrics, dns, uncached: dns })
  assert.ok('value' in signing)
  await signing.value.checked
  t.after(() => signing.value.close())
  const values = async (name: string) => (await metrics.report()).metrics.find(metric => metric.name === name)?.values ?? []
  return { ...signing.value, lines, values }
}

it('with a whole configuration all is signed, sealed and rewritten, and counted', async t => {
  const { signer, sealer, srs, values } = await open(t, {
    'r._domainkey.sender.example': { TXT: [keyRecord(rsa)] },
    'e._domainkey.sender.example': { TXT: [keyRecord(ed25519)] },
    'a._domainkey.our.example': { TXT: [keyRecord(ed25519)] },
  })
  const signed = (await bytesOf(await signer.sign(messageOf(letter)))).toString()
  assert.equal(signed.match(/^DKIM-Signature:/gm)?.length, 2)
  const sealed = await sealer?.seal(
    messageOf(letter),
    trace({ facts: [{ fact: 'arc', value: { result: 'none', sets: [] }, ms: 1 }] }),
  )
  assert.match(sealed?.header('arc-seal') ?? '', /d=our\.example; s=a;/)
  assert.match(sealed?.header('arc-authentication-results') ?? '', /^i=1; mx\.our\.example;/)
  assert.match(srs?.wrap({ local: 'ann', domain: 'sender.example' }, new Date())?.local ?? '', /^SRS0=/)
  await signer.sign(messageOf(letter.replace('sender.example', 'other.example')))
  const counts = (await values('postern_signing_messages_total')).map(({ value, labels }) => `${labels.result} ${value}`)
  assert.deepEqual(counts.toSorted(), ['sealed 1', 'signed 1', 'unsigned 1'])
})

it('a key whose record is another one, or missing, signs nothing, and the log and the metrics say so', async t => {
  const { signer, lines, values } = await open(t, {
    'r._domainkey.sender.example': { TXT: [keyRecord(ed25519)] },
    'a._domainkey.our.example': 'temperror',
  })
  const message = await signer.sign(messageOf(letter))
  assert.equal(message.header('dkim-signature'), undefined)
  assert.deepEqual(lines.map(line => line.replace(/: .*? (?=\{)/, ' ')).toSorted(), [
    'error {"key":"e._domainkey.sender.example","why":"no such name","state":"missing"}',
    'error {"key":"r._domainkey.sender.example","why":"it is of a key of type ed25519","state":"different"}',
    'warn {"key":"a._domainkey.our.example","why":"SERVFAIL for a._domainkey.our.example"}',
  ])
  const published = (await values('postern_signing_key_published')).map(({ value, labels }) => `${labels.selector} ${value}`)
  assert.deepEqual(published.toSorted(), ['e 0', 'r 0'])
})
