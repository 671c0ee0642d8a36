import verifyDmarc from 'mailauth/lib/dmarc/verify.js'
import { z } from 'zod'
import { defineFact } from '../engine/fact.ts'
import { parseDomain } from '../mail/address.ts'
import { registeredDomain } from '../mail/domain.ts'
import { type DkimFinding, dkim } from './dkim.ts'
import { headers } from './headers.ts'
import { mailauthResolver } from './mailauth-resolver.ts'
import { verifySignatures } from './signatures.ts'
import { type SpfFinding, spf } from './spf.ts'

const dmarcFinding = z
  .strictObject({
    result: z
      .enum(['none', 'pass', 'fail', 'temperror', 'permerror'])
      .describe(
        '`none`: the domain has no policy; `permerror`: nobody can tell who has written the message, so DMARC is not possible (RFC 9989, 5.3.1). When there are authors from several domains, it is the result of the one that is worst off.',
      ),
    domain: z.string().describe("The author's domain; empty when there is none."),
    policy: z
      .enum(['none', 'quarantine', 'reject'])
      .describe('What the owner asks for when it fails, after all his options: subdomains, names that do not exist, test mode.'),
    alignedBy: z
      .array(z.enum(['spf', 'dkim']))
      .readonly()
      .describe('Who vouches for it.'),
    why: z.string().exactOptional().describe('Why it could not be found out, or is not possible.'),
  })
  .readonly()

/** Whether somebody vouches for the domain in From, and what its owner wants done if nobody does. */
export type DmarcFinding = z.infer<typeof dmarcFinding>

/** Of authors from more domains, the first are evaluated: nobody believes that the others pass. */
const mostDomains = 5
/** The worst first. */
const severity: readonly DmarcFinding['result'][] = ['fail', 'permerror', 'temperror', 'none', 'pass']
/** Tree walks of eight questions (RFC 9989, 4.10), for a few authors and those who vouch for them. */
const budget = { ms: 8000, questions: 60 } as const
const policies = ['none', 'quarantine', 'reject'] as const

/** Whether SPF or DKIM vouches for the domain in From (RFC 9989). */
export const dmarc = defineFact({
  name: 'dmarc',
  since: 'message',
  schema: dmarcFinding,
  timeoutMs: 40_000,
  unobjectionable: ({ domain, policy }: DmarcFinding): DmarcFinding => ({ result: 'pass', domain, policy, alignedBy: ['dkim'] }),
  async find({ message }, look): Promise<DmarcFinding> {
    const [header, spfFound, signed] = await Promise.all([look.fact(headers), look.fact(spf), look.fact(dkim)])
    const { headerFrom } = await verifySignatures(message, look)
    if (header.fromFields !== 1) return impossible(`${header.fromFields} From fields`)
    // Two programs that read From each in its own way: an author that only one of them sees counts as well.
    const others = headerFrom.map(domainOf)
    const all = [...new Set([...header.authors.map(({ domain }) => domain), ...others])].filter(Boolean)
    const domains = all.slice(0, mostDomains)
    if (domains.length === 0) return impossible('From names no domain')
    const vouchers = vouchersOf(spfFound, signed)
    const resolver = mailauthResolver(look, budget)
    const verdicts = await Promise.all(domains.map(domain => evaluate(domain, vouchers, resolver)))
    const found = verdicts.map(verdict => withDoubt(verdict, spfFound, signed))
    const worst = found.toSorted(byWeight)[0] ?? impossible('From names no domain')
    if (all.length > mostDomains && worst.result !== 'fail') return impossible(`authors from ${all.length} domains`)
    const isAmbiguous = header.isFromAmbiguous || others.length === 0 || others.includes('')
    return isAmbiguous && worst.result === 'pass' ? impossible('From can be read in several ways') : worst
  },
})

interface Vouchers {
  readonly spfDomains: readonly string[]
  readonly dkimDomains: readonly string[]
}

/** Only who has passed vouches; SPF of HELO does where there is no sender (RFC 7208, 2.4). */
function vouchersOf(spf: SpfFinding, dkim: readonly DkimFinding[]): Vouchers {
  return {
    spfDomains: spf.result === 'pass' ? [spf.domain] : [],
    dkimDomains: dkim.filter(({ result, domain }) => result === 'pass' && domain !== '').map(({ domain }) => domain),
  }
}

async function evaluate(domain: string, vouchers: Vouchers, resolver: MailauthResolver): Promise<DmarcFinding> {
  const verdict = await verifyDmarc({ headerFrom: [`author@${domain}`], fromFields: 1, ...vouchers, resolver, strict: true })
  if (!verdict) return { ...impossible('From names no domain that can exist'), domain }
  const { status, policy, error, alignment } = verdict
  const result = severity.find(known => known === status.result) ?? 'none'
  return {
    result,
    domain,
    policy: policies.find(known => known === policy) ?? 'none',
    alignedBy: [...(alignment?.spf.result ? (['spf'] as const) : []), ...(alignment?.dkim.result ? (['dkim'] as const) : [])],
    ...(error !== undefined && { why: error.slice(0, 200) }),
  }
}

/** Who might have vouched, if the DNS had answered, is not known to have failed. */
function withDoubt(verdict: DmarcFinding, spf: SpfFinding, dkim: readonly DkimFinding[]): DmarcFinding {
  if (verdict.result !== 'fail') return verdict
  const owner = registeredDomain(verdict.domain)
  // Anybody can sign with a domain whose servers are broken: only the author's own domain brings doubt.
  const silent = [spf, ...dkim].find(({ result, domain }) => result === 'temperror' && registeredDomain(domain) === owner)
  return silent ? { ...verdict, result: 'temperror', why: `the DNS gave no answer about ${silent.domain}` } : verdict
}

function byWeight(a: DmarcFinding, b: DmarcFinding): number {
  return severity.indexOf(a.result) - severity.indexOf(b.result) || policies.indexOf(b.policy) - policies.indexOf(a.policy)
}

function impossible(why: string): DmarcFinding {
  return { result: 'permerror', domain: '', policy: 'none', alignedBy: [], why }
}

function domainOf(address: string): string {
  return parseDomain(address.slice(address.lastIndexOf('@') + 1).toLowerCase()) ?? ''
}
