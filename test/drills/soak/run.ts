// Half an hour of mixed load against a real Postern with two workers: `npm run soak -- [--minutes N] [--write]`.
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startDnsServer } from '../../../fixtures/dns-server.ts'
import { until } from '../../peers/support/wait.ts'
import { remembers } from '../stage/policies.ts'
import type { Postern } from '../stage/postern.ts'
import { at, type Settings, Stage } from '../stage/stage.ts'
import { Counts, garbage, good, type Load, listed, slow } from './clients.ts'
import { type Minute, minuteOf, slopePerHour, tableOf } from './minute.ts'

const page = new URL('../../../docs/reliability.md', import.meta.url)
const markers = /(<!-- soak -->\n)[\s\S]*(<!-- end of soak -->)/

const zone = {
  'sender.example.org': { MX: [{ preference: 10, exchange: 'mx.sender.example.org' }], TXT: ['v=spf1 ip4:192.0.2.0/24 -all'] },
  'mx.sender.example.org': { A: ['192.0.2.10'] },
  '10.2.0.192.in-addr.arpa': { PTR: ['mx.sender.example.org'] },
  '2.0.0.127.bl.test': { A: ['127.0.0.2'] },
  '66.2.0.192.bl.test': { A: ['127.0.0.2'] },
}

const rules = (minute: number) => [
  { use: 'reverse-dns' },
  { use: 'dnsbl', options: { lists: [{ zone: 'bl.test', refuse: ['127.0.0.2'] }] } },
  { use: 'spf' },
  { use: 'dkim' },
  { use: 'dmarc' },
  { ...remembers, options: { ...remembers.options, limit: 1_000_000 + minute } },
]

/** Starts everything, lets it run, and tells of each minute. */
async function soak(stage: Stage, minutes: number) {
  const dns = await startDnsServer(zone)
  stage.later(() => dns.close())
  const hop = await stage.hop()
  const settings: Settings = {
    proxied: true,
    workers: 2,
    relay: { 'our.example': { to: `smtp://127.0.0.1:${hop.port}` } },
    rules: rules(0),
    dns: { servers: [dns.address] },
  }
  const { postern, port } = await stage.postern(settings)
  await until('both workers', () => (ready(postern).length === 2 ? true : undefined))
  const ledger = stage.ledger(at(hop), stage.quarantine())
  const load: Load = { port, ledger, unsure: new Set(), counts: new Counts(), isOver: false }
  const clients = [
    ...[10, 11, 12, 13, 14, 15].map(number => good(load, `192.0.2.${number}`, 100)),
    ...[0, 1].map(() => listed(load, '192.0.2.66', 100)),
    ...[20, 21, 22].map(number => slow(load, `192.0.2.${number}`)),
    ...[0, 1].map(() => garbage(load, 200)),
  ]
  const told: Minute[] = []
  for (let minute = 1; minute <= minutes; minute++) {
    await harm(stage, settings, postern, minute)
    const counts = load.counts
    load.counts = new Counts()
    told.push(minuteOf(minute, counts, postern.pid, Number(ready(postern)[1]?.pid)))
    process.stdout.write(`${minute === 1 ? tableOf(told) : tableOf(told.slice(-1)).split('\n').at(-1)}\n`)
  }
  load.isOver = true
  await Promise.all(clients)
  const account = await ledger.account({ mayDouble: id => load.unsure.has(id) })
  return { told, account, unsure: load.unsure.size }
}

/** One minute: the configuration is read again half-way, and at the end of each second minute the first worker is killed. */
async function harm(stage: Stage, settings: Settings, postern: Postern, minute: number): Promise<void> {
  await wait(30_000)
  await stage.configure({ ...settings, rules: rules(minute) })
  postern.signal('SIGHUP')
  await wait(30_000)
  // The second one is left alone: its memory is watched.
  const first = ready(postern).findLast(({ worker }) => worker === ready(postern)[0]?.worker)
  if (minute % 2 === 0) process.kill(Number(first?.pid), 'SIGKILL')
}

function ready(postern: Postern) {
  return postern.log.filter(({ msg }) => msg === 'a worker is ready')
}

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, write: { type: 'boolean', default: false } },
})
const stage = await Stage.open('soak')
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stage.close().finally(() => process.exit(1)))
try {
  const { told, account, unsure } = await soak(stage, Number(values.minutes))
  const slope = (figure: (minute: Minute) => number) => slopePerHour(told, figure).toFixed(1)
  const summary = [
    `Where the mail is: ${account.where}. ${unsure} messages had no answer after the dot, when their worker was killed.`,
    `Memory grows by ${slope(({ primaryMiB }) => primaryMiB)} MiB an hour in the primary and ${slope(({ workerMiB }) => workerMiB)} in the worker that was not killed, by least squares from minute 6 on; p99 by ${slope(({ p99 }) => p99)} ms.`,
    ...(account.faults.length
      ? [`**Faults**: ${account.faults.slice(0, 10).join('; ')}`]
      : ['Nothing was lost, cut off, or doubled without reason.']),
  ].join('\n')
  console.log(`\n${summary}`)
  if (values.write) {
    const head = `Written by \`npm run soak -- --minutes ${values.minutes} --write\` on ${new Date().toISOString().slice(0, 10)} with Node ${process.version}.`
    const text = await readFile(page, 'utf8')
    await writeFile(
      page,
      text.replace(markers, (_, before, after) => `${before}\n${head}\n\n${tableOf(told)}\n\n${summary}\n\n${after}`),
    )
  }
  process.exitCode = account.faults.length ? 1 : 0
} finally {
  await stage.close()
}
