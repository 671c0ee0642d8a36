import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { defineFact, type Look } from '../engine/fact.ts'
import { parseDomain } from '../mail/address.ts'
import { canonicalAddress, reversed } from '../mail/network.ts'
import { namePattern } from './name-pattern.ts'

const reverseDnsFinding = z
  .strictObject({
    status: z
      .enum(['none', 'unconfirmed', 'confirmed', 'temperror'])
      .describe(
        '`confirmed`: one of the names leads back to the client; `unconfirmed`: none does; `none`: there is no name; `temperror`: it could not be found out.',
      ),
    name: z.string().exactOptional().describe('The confirmed name, or else the first.'),
    names: z.array(z.string()).readonly(),
    pattern: z
      .enum(['generic', 'dynamic', 'static'])
      .exactOptional()
      .describe('What the name looks like, when it looks like those that providers give to their customers.'),
  })
  .readonly()

/** What the reverse DNS says of a client. */
export type ReverseDnsFinding = z.infer<typeof reverseDnsFinding>

// An address may have any number of names (and an attacker's address will): so many are followed, as RFC 7208, 4.6.4 has it.
const maxNames = 10

/** Whether the client's address has a name that leads back to it (RFC 8601, 2.7.3: `iprev`). */
export const reverseDns = defineFact({
  name: 'reverse-dns',
  since: 'connect',
  schema: reverseDnsFinding,
  unobjectionable: ({ name, names }: ReverseDnsFinding): ReverseDnsFinding => ({
    status: 'confirmed',
    ...(name !== undefined && { name }),
    names,
  }),
  async find({ session }, look): Promise<ReverseDnsFinding> {
    const ip = canonicalAddress(session.client.ip)
    const pointers = await look.dns.query('PTR', `${reversed(ip)}.${isIPv4(ip) ? 'in-addr' : 'ip6'}.arpa`, look.signal)
    if (pointers.status === 'temperror') return { status: 'temperror', names: [] }
    if (pointers.status !== 'found') return { status: 'none', names: [] }

    const names = hostNames(pointers.records)
    const checks = await Promise.all(names.map(name => leadsBack(name, ip, look)))
    const confirmed = names[checks.indexOf('yes')]
    if (confirmed !== undefined) return { status: 'confirmed', ...named(confirmed, names, ip) }
    return { status: checks.includes('temperror') ? 'temperror' : 'unconfirmed', ...named(names[0], names, ip) }
  },
})

/** What a PTR record holds is up to the client's provider, and ends in our headers: only host names pass. */
function hostNames(records: readonly string[]): readonly string[] {
  return records
    .slice(0, maxNames)
    .map(parseDomain)
    .filter(name => name !== undefined && !name.startsWith('[')) as string[] // `undefined` has just gone
}

async function leadsBack(name: string, ip: string, { dns, signal }: Pick<Look<'connect'>, 'dns' | 'signal'>) {
  const answer = await dns.query(isIPv4(ip) ? 'A' : 'AAAA', name, signal)
  if (answer.status === 'temperror') return 'temperror'
  return answer.records.some(record => canonicalAddress(record) === ip) ? 'yes' : 'no'
}

function named(name: string | undefined, names: readonly string[], ip: string) {
  if (name === undefined) return { names }
  const pattern = namePattern(name, ip)
  return { name, names, ...(pattern && { pattern }) }
}
