import { isIP } from 'node:net'
import { z } from 'zod'
import { defineFact } from '../engine/fact.ts'
import type { Address } from '../mail/address.ts'
import { registeredDomain } from '../mail/domain.ts'
import { headers } from './headers.ts'
import { type CodeMeanings, publicZone } from './list-answer.ts'
import type { ListFact } from './list-fact.ts'
import type { List } from './list-watch.ts'
import { type Listing, readListing } from './listing.ts'
import { lookUpZone } from './zone-table.ts'

const domainListFinding = z
  .strictObject({
    listings: z
      .array(z.strictObject({ domain: z.string(), codes: z.array(z.string()).readonly() }).readonly())
      .readonly()
      .describe('The domains that are listed, with their return codes, which say what for: `127.0.1.2`.'),
    status: z
      .enum(['listed', 'clean', 'unknown', 'suspended'])
      .describe('`unknown`: it could not be found out; `suspended`: the list was not asked, because it has failed its own test.'),
    proven: z.boolean().describe('The list had passed its own test within the last hour.'),
    error: z.string().exactOptional().describe('Why something could not be found out.'),
  })
  .readonly()

/** What a DNS list of domains says of those that a message comes from. */
export type DomainListFinding = z.infer<typeof domainListFinding>

/** Honest mail has one or two; each is a question to the list. */
const mostDomains = 5

/** SURBL and URIBL refuse by a code that looks like a listing. */
const refusals: CodeMeanings = { '127.0.0.1': 'too many questions, or no permission to ask' }
const mistakes: CodeMeanings = { '127.0.1.255': 'the list was asked about an address' }

/** What lists have, as they say themselves, instead of the entry that RFC 5782 asks for. */
const testEntries: ReadonlyMap<string, string> = new Map([
  ['dbl.spamhaus.org', 'dbltest.com'],
  ['dbl.dq.spamhaus.net', 'dbltest.com'],
  ['surbl.org', 'test.surbl.org'],
  ['uribl.com', 'test.uribl.com'],
])

/** Whether the domains of MAIL FROM and From are in a DNS list of domains (RFC 5782, 2.2), as their owners have registered them. */
export function domainList(zone: string, testEntry = testEntryOf(zone)): ListFact<DomainListFinding, 'message'> {
  const list: List = { zone, listed: testEntry, unlisted: 'invalid', refusals, mistakes }
  const fact = defineFact({
    name: `domain-list(${publicZone(zone)})`,
    since: 'message',
    schema: domainListFinding,
    unobjectionable: ({ proven }: DomainListFinding): DomainListFinding => ({ status: 'clean', listings: [], proven }),
    async find({ sender }, look): Promise<DomainListFinding> {
      const { authors } = await look.fact(headers)
      const found = registeredDomains(sender ? [sender, ...authors] : authors).map(async domain => ({
        domain,
        ...readListing(await look.dns.query('A', `${domain}.${zone}`, look.signal), list),
      }))
      return sumUp(await Promise.all(found))
    },
  })
  return { ...fact, list }
}

// RFC 5782, 5: a list of domains has TEST, and does not have INVALID.
function testEntryOf(zone: string): string {
  return lookUpZone(testEntries, zone) ?? 'test'
}

/** Those of the sender and the authors, without address literals, and without names that nobody can register. */
function registeredDomains(addresses: readonly Address[]): readonly string[] {
  const names = addresses.map(({ domain }) => domain).filter(domain => domain.includes('.') && isName(domain))
  return [...new Set(names.map(registeredDomain))].slice(0, mostDomains)
}

function isName(domain: string): boolean {
  return !domain.startsWith('[') && isIP(domain) === 0
}

function sumUp(found: readonly (Listing & { readonly domain: string })[]): DomainListFinding {
  const listings = found.filter(({ status }) => status === 'listed').map(({ domain, codes }) => ({ domain, codes }))
  const trouble = found.find(({ error }) => error !== undefined)
  return {
    listings,
    status: listings.length > 0 ? 'listed' : (trouble?.status ?? 'clean'),
    proven: found.length > 0 && found.every(({ proven }) => proven),
    ...(trouble?.error !== undefined && { error: trouble.error }),
  }
}
