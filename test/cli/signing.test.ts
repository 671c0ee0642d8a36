import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { type DnsServer, startDnsServer, type Zone } from '../../fixtures/dns-server.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'postern-cli-'))
  t.after(() => rm(path, { recursive: true }))
  return path
}

/** Runs a command to its end, without holding up the servers of this process. */
async function postern(cwd: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors] = [[] as Buffer[], [] as Buffer[]]
  child.stdout.on('data', chunk => output.push(chunk))
  child.stderr.on('data', chunk => errors.push(chunk))
  const [code] = await once(child, 'close', { signal: AbortSignal.timeout(30_000) })
  return { code, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() }
}

/** A folder with a configuration that asks this DNS. */
async function configured(t: TestContext, zone: Zone, more = ''): Promise<{ readonly path: string; readonly dns: DnsServer }> {
  const dns = await startDnsServer(zone)
  t.after(() => dns.close())
  const path = await folder(t)
  const text = `hostname: mx.our.example
dns: { servers: ["${dns.address}"], timeoutMs: 500 }
listen: [{ address: "127.0.0.1:0" }]
relay: { our.example: { to: "maildir:mail" } }
${more}`
  await writeFile(join(path, 'postern.yaml'), text)
  return { path, dns }
}

it('keys are made, published and configured as keygen prints it, and check says so', async t => {
  const { path, dns } = await configured(t, {})
  const made = await postern(path, 'dkim', 'keygen', 'Our.Example', '--selector', '202611')
  assert.equal(made.code, 0, made.errors)
  const names = (await readdir(path)).filter(name => name.endsWith('.pem')).toSorted()
  assert.deepEqual(names, ['our.example.202611-ed25519.pem', 'our.example.202611-rsa.pem'])
  for (const name of names) assert.equal((await stat(join(path, name))).mode & 0o777, 0o600)
  await writeFile(
    join(path, 'postern.yaml'),
    (await readFile(join(path, 'postern.yaml'), 'utf8')) + /^sign:\n(?: .*\n)+/m.exec(made.output)?.[0],
  )

  const missing = await postern(path, 'dkim', 'check')
  assert.equal(missing.code, 1)
  assert.match(missing.output, /^202611-rsa\._domainkey\.our\.example +rsa-sha256 +missing +no such name$/m)

  // Each record as the zone lines have it: name, and strings that are joined.
  for (const [, name = '', text = ''] of made.output.matchAll(/^(\S+)\. IN TXT (\([\s\S]*?\)|".*")$/gm)) {
    const strings = [...text.matchAll(/"([^"]*)"/g)].map(([, string = '']) => string)
    assert.ok(strings.every(string => string.length <= 255))
    const value = strings.join('')
    assert.ok(made.output.includes(`  Value: ${value}\n`))
    dns.set(name, { TXT: [strings] })
  }
  const published = await postern(path, 'dkim', 'check', 'our.example', '--json')
  assert.equal(published.code, 0, published.output)
  const states = JSON.parse(published.output).keys.map(({ selector, state }: Record<string, string>) => `${selector} ${state}`)
  assert.deepEqual(states, ['202611-rsa published', '202611-ed25519 published'])

  dns.set('202611-rsa._domainkey.our.example', { TXT: ['v=DKIM1; p='] })
  assert.match((await postern(path, 'dkim', 'check')).output, /^202611-rsa\S+ +rsa-sha256 +different +the key has been revoked$/m)
  assert.equal((await postern(path, 'dkim', 'check', 'other.example')).code, 1)
})

it('keygen writes over no key, and leaves no half of a pair', async t => {
  const path = await folder(t)
  await writeFile(join(path, 'our.example.s-ed25519.pem'), 'precious')
  const { code, errors } = await postern(path, 'dkim', 'keygen', 'our.example', '--selector', 's')
  assert.equal(code, 1)
  assert.match(errors, /our\.example\.s-ed25519\.pem is there already: a new key needs a new --selector/)
  assert.deepEqual(await readdir(path), ['our.example.s-ed25519.pem'])
  assert.equal(await readFile(join(path, 'our.example.s-ed25519.pem'), 'utf8'), 'precious')
})

it('keygen makes one key, by the name that it is given, and says what is wrong with a command', async t => {
  const path = await folder(t)
  const { output } = await postern(path, 'dkim', 'keygen', 'our.example', '--type', 'ed25519', '--selector', 'mail', '--json')
  const { keys } = JSON.parse(output)
  assert.deepEqual([keys.length, keys[0].record.name, keys[0].record.type], [1, 'mail._domainkey', 'TXT'])
  assert.match(keys[0].record.value, /^v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=$/)
  const wrong = {
    'expected a domain, such as example.org, found "our example"': ['our example'],
    '--type: expected rsa, ed25519 or both, found "dsa"': ['our.example', '--type', 'dsa'],
    '--selector: expected a selector, such as 202611, found "../s"': ['our.example', '--selector', '../s'],
  }
  for (const [told, args] of Object.entries(wrong)) {
    const { code, errors } = await postern(path, 'dkim', 'keygen', ...args)
    assert.deepEqual([code, errors], [2, `${told}\n`])
  }
})

it('check warns of a short key', async t => {
  const { path } = await configured(t, {}, 'sign: { our.example: [{ selector: s, key: k.pem }] }')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  await writeFile(join(path, 'k.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const { output } = await postern(path, 'check')
  assert.match(output, /^Signs for\n {2}our\.example +by s$/m)
  assert.match(output, /sign: the key s of our\.example has 1024 bits/)
})

it('doctor blocklists tells of each list what it says of an address, and where it takes addresses off', async t => {
  const zone: Zone = {
    '2.0.0.127.zen.spamhaus.org': { A: ['127.0.0.2'] },
    '2.0.0.127.bl.spamcop.net': { A: ['127.0.0.2'] },
    '9.9.113.203.zen.spamhaus.org': { A: ['127.0.0.3'] },
    '9.9.113.203.bl.mailspike.net': { A: ['127.255.255.254'] },
  }
  const { path } = await configured(t, zone, 'outbound: { addresses: [203.113.9.9] }')
  const { code, output } = await postern(path, 'doctor', 'blocklists')
  assert.equal(code, 1)
  assert.match(output, /^203\.113\.9\.9 .*zen\.spamhaus\.org +LISTED +127\.0\.0\.3 +https:\/\/check\.spamhaus\.org\/$/m)
  assert.match(output, /bl\.spamcop\.net +not listed$/m)
  assert.match(output, /bl\.mailspike\.net +could not find out +/)

  const other = await postern(path, 'doctor', 'blocklists', '203.113.9.8', '--json')
  assert.equal(other.code, 0)
  const { listings } = JSON.parse(other.output)
  assert.ok(listings.every(({ address, status }: Record<string, string>) => address === '203.113.9.8' && status !== 'listed'))
  assert.equal((await postern(path, 'doctor', 'blocklists', 'mx.our.example')).code, 2)
})
