import { type DnsServer, startDnsServer } from '../../fixtures/dns-server.ts'
import { readContent } from '../../scripts/realworld/sessions.ts'
import { openRehearsal } from '../../src/cli/open-rehearsal.ts'
import { takeMessage } from '../../src/cli/take-message.ts'
import type { Gateway } from '../../src/engine/gateway.ts'
import type { Trace } from '../../src/engine/trace.ts'
import { parseAddress } from '../../src/mail/address.ts'
import { rehearse } from '../../src/report/rehearsal.ts'
import { parseHelo } from '../../src/smtp/helo-name.ts'
import type { Limits } from '../../src/smtp/limits.ts'
import { configurationFor } from './configuration.ts'
import { always, type Origin } from './origins.ts'

/** A session that can be made many times: its facts have been found out once. */
export interface Known {
  readonly origin: Origin
  readonly trace: Trace
}

/** Finds out all facts about each session, with a real DNS server. Sessions whose message breaks the protocol are left out. */
export async function findFacts(origins: readonly Origin[], folder: string): Promise<Known[]> {
  const dns = await startDnsServer(always)
  // All of it is to be found out, also about what rules would refuse: so none of them counts.
  const change = (rules: string) => rules.replaceAll(/^- use: .*$/gm, '$&\n  mode: shadow')
  const configuration = await configurationFor({ folder, dns: dns.address, change, name: 'facts' })
  const opened = await openRehearsal(configuration)
  if ('problems' in opened) throw new Error(opened.problems[0]?.found)
  const known: Known[] = []
  try {
    for (const origin of origins) {
      const trace = await find(origin, dns, opened.value.gateway, configuration.limits)
      if (trace?.message && isComplete(trace)) known.push({ origin, trace })
    }
  } finally {
    opened.value.close()
    await dns.close()
  }
  return known
}

/** On a machine that is busy something may have taken too long: it would be found another time. */
function isComplete({ facts }: Trace): boolean {
  return facts.every(({ error }) => error === undefined)
}

async function find(origin: Origin, dns: DnsServer, gateway: Gateway, limits: Limits): Promise<Trace | undefined> {
  const { session, ip, zone } = origin
  const content = await takeMessage(await readContent(session), limits)
  if (!content || !('message' in content)) return undefined
  setZone(dns, zone)
  try {
    return await rehearse(gateway, {
      session: { id: 'ORIGIN', listener: 'mx', client: { ip, port: 40_000 }, violations: [] },
      helo: heloOf(session.helo, ip),
      sender: parseAddress(session.mail_from ?? '') ?? null,
      parameters: { body: '8BITMIME' },
      recipients: [{ local: 'bob', domain: 'our.example' }],
      content,
    })
  } finally {
    unsetZone(dns, zone)
  }
}

/** What the client says after EHLO. What is no name would be refused before anybody judges it. */
export function heloOf(helo: string | null, ip: string): string {
  return (helo === null ? undefined : parseHelo(`EHLO ${helo}`)) ?? `[${ip}]`
}

export function setZone(dns: DnsServer, zone: Origin['zone']): void {
  for (const [name, records] of Object.entries(zone)) dns.set(name, records)
}

export function unsetZone(dns: DnsServer, zone: Origin['zone']): void {
  for (const name of Object.keys(zone)) dns.set(name, always[name])
}
