/**
 * What a question to the DNS costs us, in microseconds of CPU: `bench/dns.ts SERVER [SECONDS]`. Any name server will do that
 * answers for these names at once, if only that there is no such name.
 */
import type { Dns, DnsType } from '../src/engine/dns.ts'
import { addressList, ListWatch } from '../src/facts/list-watch.ts'
import { cached } from '../src/world/cache.ts'
import { DnsHealth } from '../src/world/dns-health.ts'
import { Resolver } from '../src/world/resolver.ts'

const [server = '127.0.0.153:53', seconds = '3'] = process.argv.slice(2)
const list = 'dnsbl-a.bench-bl.net'
const atOnce = 50

const resolver = new Resolver({ servers: [server] })
const health = new DnsHealth({ dns: resolver, report: () => {} })
const stack = (cache: boolean): Dns =>
  new ListWatch({
    dns: cached(health, { cache }),
    lists: [addressList(list), addressList('b.example'), addressList('c.example')],
    report: () => {},
  })

const reversed = (n: number) => `${(n % 250) + 1}.${(n >> 8) % 4}.67.45`
const questions: Readonly<Record<string, (n: number) => readonly [DnsType, string]>> = {
  'a list, NXDOMAIN': n => ['A', `${reversed(n)}.${list}`],
  'a PTR record': n => ['PTR', `${reversed(n)}.in-addr.arpa`],
  'a key in TXT': () => ['TXT', 'sel._domainkey.bench-sender.com'],
}
const signal = new AbortController().signal

for (const [what, ask] of Object.entries(questions)) {
  await measure(`${what}, the resolver alone`, resolver, ask)
  await measure(`${what}, cold`, stack(false), ask)
  const warm = stack(true)
  for (let n = 0; n < 1024; n += 1) await warm.query(...ask(n))
  await measure(`${what}, warm`, warm, ask, signal)
}

async function measure(
  what: string,
  dns: Dns,
  ask: (n: number) => readonly [DnsType, string],
  signal?: AbortSignal,
): Promise<void> {
  let count = 0
  let failed = 0
  const until = performance.now() + Number(seconds) * 1000
  const before = process.cpuUsage()
  const worker = async () => {
    while (performance.now() < until) {
      const [type, name] = ask(count++)
      const { status } = await dns.query(type, name, signal)
      if (status === 'temperror') failed += 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  const { user, system } = process.cpuUsage(before)
  const each = ((user + system) / count).toFixed(2)
  console.log(`${what.padEnd(45)} ${each.padStart(8)} us ${Math.round(count / Number(seconds))} a second, ${failed} failed`)
}
