import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { openSimulation } from '../../src/cli/replay/simulation.ts'
import { readConfiguration } from '../../src/cli/startup.ts'
import type { Trace } from '../../src/engine/trace.ts'
import { compareTraces } from '../../src/replay/judged.ts'
import { readReply } from '../../src/replay/recorded-hop.ts'
import { Replayer } from '../../src/replay/replayer.ts'
import { send, startGateway, type TestGateway } from './gateway.ts'

/** What a client sends, and when, in seconds. */
interface Sent {
  readonly at: number
  readonly ip?: string
  readonly sender?: string
  readonly recipients?: readonly string[]
}

const stranger = '198.51.100.7'
const other = '203.0.113.9'
const sent: readonly Sent[] = [
  { at: 0 },
  { at: 10, ip: stranger, sender: 'x@spam.example' },
  { at: 40, ip: stranger, sender: 'x@spam.example' },
  { at: 60, recipients: ['bob@our.example', 'unknown@our.example'] },
  { at: 200, ip: stranger, sender: 'x@spam.example' },
  { at: 300, ip: other, recipients: ['bob@our.example', 'ann@our.example', 'postmaster@our.example'] },
  { at: 620, ip: stranger, sender: 'x@spam.example', recipients: ['bob@our.example', 'ann@our.example'] },
  { at: 700, ip: other, recipients: ['ann@our.example', 'bob@our.example'] },
  { at: 1000, ip: other, recipients: ['ann@our.example', 'elsewhere@foreign.example'] },
  { at: 1001, ip: other, sender: '', recipients: ['ann@our.example'] },
  { at: 1300, ip: other, recipients: ['ann@our.example'] },
  { at: 5000, ip: other, recipients: ['ann@our.example'] },
]

const rules = (delaySeconds: number, limits: string) => `
  - { use: reverse-dns, options: { none: 5 } }
  - { use: rate-limit, options: { count: messages, limit: 3, seconds: 3600, action: score, points: 2 } }
  - { use: rate-limit, options: { count: refused-recipients, limit: 1, seconds: 3600, action: score, points: 1 } }
  - { use: spf }
  - { use: dkim }
  - { use: header-sanity }
  - { use: dmarc }
  - { use: greylist, options: { delaySeconds: ${delaySeconds} } }
  - { use: score-limit, options: { ${limits} } }`
const before = rules(120, 'tagAt: 7, quarantineAt: 8, rejectAt: 12')
const after = rules(500, 'tagAt: 7, quarantineAt: 9, rejectAt: 9.2')
const begin = Date.UTC(2026, 9, 1)

it('a replay by other rules says what becomes of the same mail when it is really sent again', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: begin })
  await using old = await open(before)
  const recorded = await sendAll(t, old)
  t.mock.timers.setTime(begin)
  await using young = await open(after)
  const really = await sendAll(t, young)
  const { gateway, judge } = await openReplay(young)
  const said: Trace[] = []
  for (const trace of recorded) said.push(await judge(trace))

  const gaps = recorded.flatMap((trace, index) => compareTraces(trace, said[index] ?? trace, gateway).recipients)
  assert.deepEqual(
    gaps.filter(({ after }) => 'missing' in after),
    [],
  )
  assert.deepEqual(said.map(fatesOf), really.map(fatesOf))
  assert.notDeepEqual(recorded.map(fatesOf), really.map(fatesOf))
  const outcomes = new Set(
    really.flatMap(({ recipients }) => recipients.map(({ outcome, tagged }) => (tagged ? 'tagged' : outcome))),
  )
  assert.deepEqual([...outcomes].toSorted(), ['deferred', 'delivered', 'quarantined', 'rejected', 'tagged'])
})

function open(rules: string): Promise<TestGateway> {
  const unknown = (recipient: string) => (recipient.startsWith('unknown') ? '550 5.1.1 No such user' : undefined)
  return startGateway({ rules, nextHop: { script: { rcpt: ({ recipient }) => unknown(recipient) } } })
}

async function sendAll(t: TestContext, gateway: TestGateway): Promise<Trace[]> {
  for (const { at, ip, ...letter } of sent) {
    t.mock.timers.setTime(begin + at * 1000)
    const client = await gateway.client(ip)
    await send(client, letter)
    await client.quit()
  }
  return gateway.traces
}

async function openReplay({ folder }: TestGateway) {
  const read = await readConfiguration(join(folder, 'postern.yaml'))
  assert.ok('value' in read)
  const simulation = openSimulation(read.value)
  const replayer = new Replayer(simulation)
  return { gateway: simulation.gateway, judge: (trace: Trace) => replayer.judge(trace) }
}

/** What becomes of each recipient and what the client reads, without ids; the next hop has its own words for what it takes. */
function fatesOf({ recipients }: Trace) {
  return recipients.map(({ address, outcome, tagged, score, rule, reason, reply }) => {
    const { code, status, text } = readReply(reply)
    return { address, outcome, tagged, score, rule, reason, reply: code === 250 ? '250' : `${code} ${status} ${text}` }
  })
}
