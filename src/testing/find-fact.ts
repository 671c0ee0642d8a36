import type { Dns } from '../engine/dns.ts'
import type { Fact } from '../engine/fact.ts'
import { type Given, ordinary } from './ordinary.ts'
import { zoneDns } from './zone-dns.ts'

/** Finds one fact about an ordinary case, with a DNS of the test's own. Throws if its schema does not know what it finds. */
export async function findFact<T>(fact: Fact<T>, given: Given = {}, dns: Dns = zoneDns({})): Promise<T> {
  const known = ordinary(given)
  const found = await fact.find(known, {
    dns,
    now: () => new Date(0),
    signal: new AbortController().signal,
    fact: other => findFact(other, given, dns),
  })
  fact.schema?.parse(found)
  return found
}
