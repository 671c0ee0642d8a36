import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { startDnsServer } from '../../fixtures/dns-server.ts'
import type { Trace } from '../../src/engine/trace.ts'
import { JournalFile } from '../../src/journal/journal-file.ts'
import { rowOf } from '../../src/journal/record.ts'
import { goodZone, plain } from '../functional/gateway.ts'
import { delivered } from '../replay/recorded.ts'
import { entry, recipient } from '../report/trace.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

async function postern(folder: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors] = [[] as Buffer[], [] as Buffer[]]
  child.stdout.on('data', chunk => output.push(chunk))
  child.stderr.on('data', chunk => errors.push(chunk))
  const [code] = await once(child, 'close', { signal: AbortSignal.timeout(60_000) })
  return { code, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() }
}

const configuration = (rules: string, more = '') => `hostname: mx.our.example # our name
data: data
listen: [{ address: "127.0.0.1:2525" }]
relay: { our.example: { to: "smtp://hop:25" } }
${more}rules:
${rules}`

const scoring = (quarantineAt: number) => `
  - { use: reverse-dns, options: { none: 3 } }
  - { use: score-limit, options: { tagAt: 2, quarantineAt: ${quarantineAt}, rejectAt: 9 } }
`
const counting = (limit: number) => `
  - { use: rate-limit, options: { count: messages, limit: ${limit}, seconds: 86400, action: reject } }
`

/** A folder with the configurations `old` and `new`, and a journal of so many transactions of an hour each. */
async function place(
  t: TestContext,
  rules: { readonly old: string; readonly new: string },
  traces: readonly Trace[],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-replay-test-'))
  t.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'data'), { mode: 0o700 })
  for (const [name, text] of Object.entries(rules)) await writeFile(join(folder, `${name}.yaml`), configuration(text))
  const journal = new JournalFile(join(folder, 'data/journal.sqlite'), 1000)
  journal.write(traces.map(trace => rowOf(trace, 'old')))
  journal.close()
  return folder
}

const hourMs = 3_600_000
const nameless = { fact: 'reverse-dns', value: { status: 'none', names: [] }, ms: 1 }

/** Every third client has no name, every tenth message has none that speaks for it. */
function recorded(count: number): Trace[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `S${index}`
    const named = {
      fact: 'reverse-dns',
      value: { status: 'confirmed', name: 'mx.sender.example', names: ['mx.sender.example'] },
      ms: 1,
    }
    const dmarc = { fact: 'dmarc', value: { result: index % 2 ? 'pass' : 'none' }, ms: 1 }
    return delivered({
      id: `${id}.1`,
      started: new Date(Date.UTC(2026, 10, 1) + index * hourMs).toISOString(),
      session: { ...delivered().session, id, client: { ip: `192.0.2.${index % 5}`, port: 1 } },
      facts: [index % 3 ? named : nameless, ...(index % 10 ? [dmarc] : [])],
    })
  })
}

describe('postern replay', () => {
  it('counts what changes, the riskiest first, and fails for what it is told to', async t => {
    const folder = await place(t, { old: scoring(8), new: scoring(3) }, recorded(60))
    const { code, output } = await postern(folder, 'replay', '-c', 'new.yaml')
    assert.equal(code, 0)
    assert.match(output, /60 transactions, 60 copies: 20 changed, 40 unchanged, 0 undecided/)
    assert.match(output, /newly quarantined: 20 \(10 DMARC-aligned, 20 across a threshold\)\n {2}S3\.1 .* aligned\n/)
    const failing = await postern(folder, 'replay', '-c', 'new.yaml', '--fail-on', 'newly-refused,newly-quarantined-aligned')
    assert.equal(failing.code, 1)
    assert.equal((await postern(folder, 'replay', '-c', 'new.yaml', '--fail-on', 'newly-refused')).code, 0)
  })

  it('compares with other rules when it is told to: then only the rules differ', async t => {
    const folder = await place(t, { old: scoring(2.5), new: scoring(3) }, recorded(30))
    const { output } = await postern(folder, 'replay', '-c', 'new.yaml', '--against', 'old.yaml')
    assert.match(output, /30 copies: 0 changed, 30 unchanged/)
  })

  for (const [what, rules] of [
    ['that remember nothing', { old: scoring(9), new: scoring(3) }],
    ['that remember what came before', { old: counting(12), new: counting(3) }],
  ] as const) {
    it(`says the same with one thread and with several, by rules ${what}`, async t => {
      const folder = await place(t, rules, recorded(700))
      for (const against of [[], ['--against', 'old.yaml']]) {
        const say = async (threads: string) => {
          const { code, output, errors } = await postern(
            folder,
            'replay',
            '-c',
            'new.yaml',
            '--json',
            '--threads',
            threads,
            ...against,
          )
          assert.equal(code, 0, errors)
          return JSON.parse(output)
        }
        const [one, several] = await Promise.all([say('1'), say('3')])
        assert.ok(one.changed > 0)
        assert.deepEqual(one, several)
      }
    })
  }

  it('lets rules remember what came before the window, and does not count it', async t => {
    const folder = await place(t, { old: counting(9), new: counting(2) }, recorded(40))
    const window = ['replay', '-c', 'new.yaml', '--json', '--since', '2026-11-01T12:00:00Z']
    const warm = JSON.parse((await postern(folder, ...window)).output)
    const cold = JSON.parse((await postern(folder, ...window, '--warm-up', '0s')).output)
    assert.deepEqual([warm.warmedUpBy, cold.warmedUpBy, warm.copies, cold.copies], [12, 0, 28, 28])
    assert.ok(warm.changed > cold.changed)
  })

  it('says what is wrong with a command line or a journal', async t => {
    const folder = await place(t, { old: scoring(8), new: scoring(3) }, [])
    const wrong = async (...args: string[]) => {
      const { code, errors } = await postern(folder, 'replay', '-c', 'new.yaml', ...args)
      assert.equal(code, 2)
      return errors
    }
    assert.match(await wrong('--since', 'yesterday'), /--since: expected a time such as 30d or 12h, .* found "yesterday"/)
    assert.match(await wrong('--fail-on', 'newly-lost'), /--fail-on: expected one of newly-refused, .* found "newly-lost"/)
    assert.match(await wrong(), /expected transactions to judge, found none/)
    assert.match(await wrong('--journal', 'none.sqlite'), /none\.sqlite: /)
  })

  it('judges a folder of messages with facts that are looked up, and again without', async t => {
    const dns = await startDnsServer(goodZone)
    t.after(() => dns.close())
    const folder = await place(t, { old: scoring(8), new: scoring(3) }, [])
    await writeFile(join(folder, 'live.yaml'), configuration(scoring(8), `dns: { servers: ["${dns.address}"] }\n`))
    await mkdir(join(folder, 'mail'))
    await writeFile(join(folder, 'mail/one.eml'), plain)
    const sessions = ['192.0.2.10', '198.51.100.1', null].map(client_ip => ({
      file: 'one.eml',
      label: 'ham',
      client_ip,
      helo: 'mx.sender.example',
      mail_from: 'ann@sender.example',
    }))
    await writeFile(join(folder, 'mail/sessions.jsonl'), sessions.map(session => `${JSON.stringify(session)}\n`).join(''))
    const corpus = await postern(folder, 'replay', '-c', 'live.yaml', '--eml', 'mail', '--record', 'corpus.sqlite', '--json')
    assert.equal(corpus.code, 0, corpus.errors)
    assert.deepEqual(JSON.parse(corpus.output), [
      { label: 'ham', delivered: 1, tagged: 1, deferred: 0, quarantined: 0, rejected: 0, left: 0 },
    ])
    const asked = dns.queries.length
    const again = await postern(folder, 'replay', '-c', 'new.yaml', '--journal', 'corpus.sqlite')
    assert.match(again.output, /2 copies: 1 changed, 1 unchanged, 0 undecided\n\nnewly quarantined: 1/)
    assert.equal(dns.queries.length, asked)
    await writeFile(join(folder, 'mail/sessions.jsonl'), '{"file": "../../etc/passwd"}\n')
    const outside = await postern(folder, 'replay', '-c', 'live.yaml', '--eml', 'mail')
    assert.deepEqual([outside.code, /sessions\.jsonl:1: file: expected a file below the folder/.test(outside.errors)], [2, true])
  })
})

describe('postern shadow', () => {
  const shadowed = `
  # People without a name.
  - use: reverse-dns # try it
    mode: shadow
    options: { none: 9 }
  - { use: score-limit }
`
  const hits = recorded(9).map((trace, index) => ({
    ...trace,
    started: new Date(Date.now() - (index + 1) * hourMs).toISOString(),
    entries: [
      entry('reverse-dns', index % 3 ? { action: 'pass' } : { action: 'score', points: 9, reason: 'none' }, { shadow: true }),
    ],
    ...(index === 6 && { recipients: [recipient('bob@our.example', { outcome: 'rejected', rule: 'deny', reason: 'x' })] }),
  }))

  it('tells what a rule would have done, to whom, and what else has stopped it', async t => {
    const folder = await place(t, { old: shadowed, new: shadowed }, hits)
    const { output } = await postern(folder, 'shadow', '-c', 'old.yaml')
    assert.match(
      output,
      /^reverse-dns: judged 9 transactions, had something to say about 3, of 1 senders\n {2}would have said: score 3, 9 points on average/,
    )
    assert.match(output, /1 {2}rejected by deny/)
    assert.match(
      output,
      /objected to 1 that were delivered and are likely to be wanted: 0 from senders your users know, 1 DMARC-aligned/,
    )
    const [report] = JSON.parse((await postern(folder, 'shadow', 'reverse-dns', '-c', 'old.yaml', '--json')).output)
    assert.deepEqual([report.judged, report.hits, report.harm.aligned], [9, 3, 1])
  })

  it('puts a rule in force where it stands, when somebody says so', async t => {
    const folder = await place(t, { old: shadowed, new: shadowed }, hits)
    const file = join(folder, 'old.yaml')
    const before = await readFile(file, 'utf8')
    const unasked = await postern(folder, 'shadow', 'reverse-dns', '--promote', '-c', 'old.yaml')
    assert.deepEqual([unasked.code, await readFile(file, 'utf8')], [1, before])
    assert.match(unasked.output, /- {5}mode: shadow\n\+ {5}mode: enforce/)
    const { code } = await postern(folder, 'shadow', 'reverse-dns', '--promote', '--yes', '-c', 'old.yaml')
    assert.equal(code, 0)
    assert.equal(await readFile(file, 'utf8'), before.replace('mode: shadow', 'mode: enforce'))
    assert.equal(await readFile(`${file}.before-reverse-dns`, 'utf8'), before)
    const again = await postern(folder, 'shadow', 'reverse-dns', '-c', 'old.yaml')
    assert.deepEqual(
      [again.code, /expected a rule in shadow mode, one of none, found "reverse-dns"/.test(again.errors)],
      [2, true],
    )
  })
})
