import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parse } from 'yaml'
import type { Zone } from '../../fixtures/dns-server.ts'
import { signer } from '../../fixtures/signer.ts'
import { findRescue } from '../../src/cli/find-rescue.ts'
import { readConfiguration, readWithSource } from '../../src/cli/startup.ts'
import { accountOf, tellAccount } from '../../src/cli/trace-account.ts'
import { traceTest } from '../../src/cli/trace-test.ts'
import { JournalReader } from '../../src/journal/journal-reader.ts'
import { fateOf } from '../../src/report/summary.ts'
import { send, startGateway, type TestGateway } from './gateway.ts'

// Mail is refused by a gateway; then the journal is asked about the id in the refusal, for each policy of the default set.

interface Rule {
  readonly use: string
  readonly name?: string
  readonly as?: string
  readonly options?: Readonly<Record<string, unknown>>
}

const main = join(import.meta.dirname, '../../src/cli/main.ts')
const all: readonly Rule[] = parse(await readFile(join(import.meta.dirname, '../../policies/default.yaml'), 'utf8'))
/** Those that judge mail of strangers: this gateway has no users of its own. */
const defaults = all.filter(({ as = 'mx' }) => as === 'mx')

/** Options by which each rule has something to say; whatever has any points is refused. */
const options: Readonly<Record<string, object>> = {
  allow: { clients: ['203.0.113.1'] },
  'allow-sender': { senders: ['ann@friend.example'] },
  deny: { clients: ['203.0.113.3'] },
  'unknown-recipients': { limit: 1 },
  burst: { limit: 1 },
  correspondents: { addresses: ['ann@signed.example'] },
  'null-sender': { sent: ['<sent@our.example>'] },
  'own-domain': {},
  'trusted-dnsbl': { lists: [{ zone: 'bl.test', codes: ['127.0.0.4'] }] },
  'score-limit': { tagAt: 0.1, quarantineAt: 0.1, rejectAt: 0.1, kinds: 1, trialDays: 0 },
}
const rules = defaults.map(rule => ({ ...rule, options: { ...rule.options, ...options[rule.name ?? rule.use] } }))

const pointer = (ip: string) => `${ip.split('.').toReversed().join('.')}.in-addr.arpa`
const inList = (ip: string, zone: string) => `${ip.split('.').toReversed().join('.')}.${zone}`
const named = (ip: string, name: string): Zone => ({ [pointer(ip)]: { PTR: [name] }, [name]: { A: [ip] } })
const domain = (name: string, spf = 'v=spf1 ?all'): Zone => ({
  [name]: { MX: [{ preference: 10, exchange: 'mx.sender.example' }], TXT: [spf] },
})

function letter(from: string, changes: Readonly<Record<string, string | undefined>> = {}): Buffer {
  const usual = {
    From: from,
    To: 'bob@our.example',
    Subject: 'Hello',
    Date: 'Tue, 24 Nov 2026 10:00:00 +0000',
    'Message-ID': '<1@x.example>',
  }
  const fields = Object.entries({ ...usual, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  )
  return Buffer.from(`${fields.join('')}\r\nHello Bob!\r\n`)
}

interface Case {
  readonly ip: string
  readonly zone?: Zone
  readonly helo?: string
  readonly sender?: string
  readonly content?: Buffer
  /** Before the mail that it is about. */
  readonly first?: readonly string[]
  readonly early?: true
}

const bank = { ...domain('bank.example', 'v=spf1 ip4:198.51.100.1 -all'), '_dmarc.bank.example': { TXT: ['v=DMARC1; p=reject'] } }
const received = Array.from(
  { length: 101 },
  (_, hop) => `Received: from a by b${hop}.example; Tue, 24 Nov 2026 10:00:00 +0000\r\n`,
).join('')

/** By the name of the rule: mail about which it has something to say. */
const cases: Readonly<Record<string, Case>> = {
  allow: { ip: '203.0.113.1' },
  'allow-sender': {
    ip: '203.0.113.2',
    zone: { ...named('203.0.113.2', 'mx.friend.example'), ...domain('friend.example') },
    sender: 'ann@friend.example',
  },
  deny: { ip: '203.0.113.3' },
  loop: { ip: '203.0.113.4', content: Buffer.concat([Buffer.from(received), letter('ann@sender.example')]) },
  'reverse-dns': { ip: '203.0.113.5', zone: named('203.0.113.5', 'dsl-203-0-113-5.isp.example') },
  dnsbl: {
    ip: '203.0.113.6',
    zone: { ...named('203.0.113.6', 'mx6.sender.example'), [inList('203.0.113.6', 'zen.spamhaus.org')]: { A: ['127.0.0.4'] } },
  },
  dnswl: {
    ip: '203.0.113.7',
    zone: { ...named('203.0.113.7', 'mx7.sender.example'), [inList('203.0.113.7', 'list.dnswl.org')]: { A: ['127.0.5.3'] } },
  },
  helo: { ip: '203.0.113.8', zone: named('203.0.113.8', 'mx8.sender.example'), helo: 'win-abc' },
  'early-talker': { ip: '203.0.113.9', zone: named('203.0.113.9', 'mx9.sender.example'), early: true },
  'unknown-recipients': {
    ip: '203.0.113.10',
    zone: named('203.0.113.10', 'mx10.sender.example'),
    first: ['nobody1@our.example', 'nobody2@our.example'],
  },
  burst: { ip: '203.0.113.11', zone: named('203.0.113.11', 'mx11.sender.example'), first: [] },
  'sender-domain': { ip: '203.0.113.12', zone: named('203.0.113.12', 'mx12.sender.example'), sender: 'ann@nowhere.example' },
  spf: {
    ip: '203.0.113.13',
    zone: { ...named('203.0.113.13', 'mx13.sender.example'), ...domain('fails.example', 'v=spf1 -all ip4:198.51.100.2') },
    sender: 'ann@fails.example',
  },
  dkim: {
    ip: '203.0.113.14',
    zone: named('203.0.113.14', 'mx14.sender.example'),
    content: await signer('signed.example').sign(letter('ann@signed.example')),
  },
  'domain-list': {
    ip: '203.0.113.15',
    zone: {
      ...named('203.0.113.15', 'mx15.sender.example'),
      ...domain('bad.example'),
      'bad.example.dbl.spamhaus.org': { A: ['127.0.1.2'] },
    },
    sender: 'ann@bad.example',
  },
  'header-sanity': {
    ip: '203.0.113.16',
    zone: named('203.0.113.16', 'mx16.sender.example'),
    content: letter('ann@sender.example', { 'Message-ID': undefined, Date: undefined }),
  },
  correspondents: {
    ip: '203.0.113.17',
    zone: named('203.0.113.17', 'mx17.sender.example'),
    content: await signer('signed.example').sign(letter('ann@signed.example')),
  },
  'null-sender': {
    ip: '203.0.113.18',
    zone: named('203.0.113.18', 'mx18.sender.example'),
    sender: '',
    content: letter('daemon@sender.example', { 'In-Reply-To': '<other@our.example>' }),
  },
  dmarc: {
    ip: '203.0.113.19',
    zone: { ...named('203.0.113.19', 'mx19.sender.example'), ...bank },
    content: letter('info@bank.example'),
  },
  'own-domain': { ip: '203.0.113.20', zone: named('203.0.113.20', 'mx20.sender.example'), content: letter('boss@our.example') },
  'trusted-dnsbl': {
    ip: '203.0.113.21',
    zone: { ...named('203.0.113.21', 'mx21.sender.example'), [inList('203.0.113.21', 'bl.test')]: { A: ['127.0.0.4'] } },
  },
  greylist: { ip: '203.0.113.22' },
  signed: {
    ip: '203.0.113.24',
    zone: { ...named('203.0.113.24', 'mx24.sender.example'), [inList('203.0.113.24', 'zen.spamhaus.org')]: { A: ['127.0.0.4'] } },
    sender: 'ann@signed.example',
    content: await signer('signed.example').sign(letter('ann@signed.example')),
  },
  'score-limit': { ip: '203.0.113.23', zone: { ...named('203.0.113.23', 'mx23.sender.example') }, helo: 'win-abc' },
}

const world: Zone = {
  ...domain('sender.example'),
  ...domain('signed.example'),
  ...signer('signed.example').zone,
  '_dmarc.signed.example': { TXT: ['v=DMARC1; p=none'] },
  ...domain('our.example', 'v=spf1 -all'),
  '2.0.0.127.zen.spamhaus.org': { A: ['127.0.0.2', '127.0.0.4'] },
  '2.0.0.127.list.dnswl.org': { A: ['127.0.10.0'] },
  '2.0.0.127.bl.test': { A: ['127.0.0.2', '127.0.0.4'] },
  'test.dbl.spamhaus.org': { A: ['127.0.1.2'] },
  'dbltest.com.dbl.spamhaus.org': { A: ['127.0.1.2'] },
}

describe('the journal of a gateway', { concurrency: false }, () => {
  let gateway: TestGateway
  const ids = new Map<string, string>()
  const codes = new Map<string, number>()

  before(async () => {
    const zone = Object.assign({}, world, ...Object.values(cases).map(({ zone }) => zone))
    gateway = await startGateway({
      zone,
      rules: JSON.stringify(rules),
      nextHop: { script: { rcpt: ({ recipient }) => (recipient.startsWith('nobody') ? '550 5.1.1 No such user' : undefined) } },
    })
    for (const [name, each] of Object.entries(cases)) {
      const { code, text } = await play(gateway, each)
      codes.set(name, code)
      ids.set(name, /\[(\w+\.\d+)\]/.exec(text)?.[1] ?? `${name}: no id in ${code} ${text}`)
    }
    await gateway.service.stop(1000)
  })
  after(() => gateway[Symbol.asyncDispose]())

  const config = () => join(gateway.folder, 'postern.yaml')
  const postern = (...args: readonly string[]) => run([...args, '-c', config()])

  const account = async (name: string) => {
    const read = await readConfiguration(config())
    assert.ok('value' in read)
    const journal = new JournalReader(join(gateway.folder, 'data/journal.sqlite'))
    const recorded = journal.find(ids.get(name) ?? '')
    journal.close()
    assert.ok(recorded, ids.get(name))
    const account = await accountOf(recorded, read.value)
    return { account, text: tellAccount(account, read.value), recorded, configuration: read.value }
  }

  for (const { use, name = use } of defaults) {
    it(`tells what ${name} has said about mail whose id is known from the reply`, async () => {
      const { account: told, text } = await account(name)
      assert.match(text, new RegExp(`^ {2}(?:connect|helo|mail|rcpt|message) +${name} +\\d+ ms +(?!pass)\\S`, 'm'))
      assert.equal(told.now, undefined, `judged again it would be otherwise:\n${text}`)
      if ((codes.get(name) ?? 0) >= 400) assert.match(text, /What would have changed it\n {2}(?:with|without) /)
    })
  }

  it('is found by the id as it stands in the reply, and by what is known of the mail', async () => {
    const id = ids.get('trusted-dnsbl') ?? ''
    const { output, code } = await postern('trace', `[${id.toLowerCase()}]`)
    assert.equal(code, 0)
    assert.match(output, /judged by +configuration [0-9a-f]{12}, which is in force now/)
    assert.match(output, /A 21\.113\.0\.203\.bl\.test +TTL 300 s +127\.0\.0\.4/)
    const filter = [
      '--since',
      '1h',
      '--to',
      'bob@',
      '--verdict',
      'reject',
      '--rule',
      'trusted-dnsbl',
      '--client',
      '203.0.113.0/27',
    ]
    const { output: found } = await postern('traces', ...filter, '--json')
    assert.deepEqual(
      found
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).id),
      [id],
    )
    const { output: ofSession } = await postern('trace', id.replace(/\..*/, ''))
    assert.match(ofSession, new RegExp(`REJECTED 554 .* ${id} `))
  })

  it('says so when there is nothing to be found', async () => {
    assert.deepEqual([(await postern('trace', 'AAAAAAAAAAAA.1')).code, (await postern('trace', 'bob')).code], [1, 2])
    assert.equal((await postern('traces', '--to', 'eve@')).code, 1)
    assert.match((await postern('traces', '--since', 'yesterday')).errors, /expected a time such as 2h/)
  })

  it('knows the narrowest exception for what was refused', async () => {
    const rescue = async (name: string) => {
      const { recorded } = await account(name)
      const found = await readWithSource(config())
      assert.ok('value' in found)
      const rescue = await findRescue(recorded.trace, found.value)
      return typeof rescue === 'string'
        ? rescue
        : `${rescue.candidate.policy} ${rescue.candidate.entry}: ${rescue.after.map(fateOf)}`
    }
    assert.equal(await rescue('signed'), 'allow-domain signed.example: delivered by allow-domain: known-domain')
    assert.match(await rescue('dnsbl'), /^allow-sender ann@sender\.example: /)
    assert.match(await rescue('deny'), /^allow 203\.0\.113\.3: /)
    assert.match(await rescue('loop'), /^no exception lets \w+\.1 in, which loop has refused:/)
    assert.match(await rescue('allow'), /was not refused/)
  })

  it('writes an exception when it is told to, and not else', async () => {
    const file = join(gateway.folder, 'rescue.yaml')
    const before = await readFile(config(), 'utf8')
    await writeFile(file, before)
    const id = ids.get('deny') ?? ''
    const asked = await run(['rescue', id, '-c', file])
    assert.deepEqual([asked.code, await readFile(file, 'utf8')], [1, before])
    assert.match(asked.output, /The narrowest exception: allow, clients: 203\.0\.113\.3\n {2}because nothing vouches/)
    const told = await run(['rescue', id, '--yes', '-c', file])
    assert.equal(told.code, 0, told.errors)
    assert.match(told.output, /Written\. The former file is .*rescue\.yaml\.before-\w+\.1\n.*SIGHUP/)
    assert.equal(await readFile(`${file}.before-${id}`, 'utf8'), before)
    const after = await readConfiguration(file)
    assert.ok('value' in after)
    const { recorded } = await account('deny')
    const { now } = await accountOf(recorded, after.value)
    assert.deepEqual(
      now?.map(({ outcome }) => outcome),
      ['left'],
    )
  })

  it('gives tests that are green as they are, for every kind of verdict', async () => {
    // Inside of the package, where 'postern/testing' is found.
    const folder = await mkdtemp(join(import.meta.dirname, 'exported-'))
    try {
      const names = ['allow', 'deny', 'greylist', 'score-limit', 'dnswl', 'dmarc', 'burst']
      for (const name of names)
        await writeFile(join(folder, `${name}.ts`), traceTest((await account(name)).account, config()) ?? '')
      const files = names.map(name => join(folder, `${name}.ts`))
      const { code, output } = await run(files, ['--test', '--test-isolation=none'])
      assert.equal(code, 0, output)
      assert.match(output, /pass 7/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

async function play(
  gateway: TestGateway,
  { ip, helo = 'mx.sender.example', sender = 'ann@sender.example', first, content, early }: Case,
) {
  const client = await gateway.client(ip)
  if (early) {
    client.write(`EHLO ${helo}\r\nMAIL FROM:<${sender}>\r\nRCPT TO:<bob@our.example>\r\n`)
    const answers = [await client.answer(), await client.answer(), await client.answer()]
    await client.say('DATA')
    const data = await client.send(content ?? letter(sender))
    client.leave()
    return data.code === 250 || data.code >= 400 ? data : (answers.at(-1) ?? data)
  }
  if (first) await send(client, { helo, sender, recipients: [...first, 'bob@our.example'], content: letter(sender) })
  const heard = await send(client, { helo, sender, content: content ?? letter(sender === '' ? 'daemon@sender.example' : sender) })
  client.leave()
  return heard.data ?? heard.rcpts[0] ?? { code: 0, text: '' }
}

async function run(args: readonly string[], how: readonly string[] = [main]) {
  const child = spawn(process.execPath, [...how, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  })
  const [output, errors] = [[] as Buffer[], [] as Buffer[]]
  child.stdout.on('data', chunk => output.push(chunk))
  child.stderr.on('data', chunk => errors.push(chunk))
  const [code] = await once(child, 'close', { signal: AbortSignal.timeout(60_000) })
  return { code, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() }
}
