import { spf as checkHost } from 'mailauth/lib/spf/index.js'
import { z } from 'zod'
import { defineFact } from '../engine/fact.ts'
import { formatAddress } from '../mail/address.ts'
import { mailauthResolver } from './mailauth-resolver.ts'

const spfFinding = z
  .strictObject({
    result: z.enum(['none', 'neutral', 'pass', 'fail', 'softfail', 'temperror', 'permerror']),
    domain: z.string().describe('The domain that was asked about, in lower case.'),
    identity: z
      .enum(['mailfrom', 'helo'])
      .describe('Whether it is that of MAIL FROM, or of HELO because the sender is empty (RFC 7208, 2.4).'),
    error: z.string().exactOptional().describe('Why it could not be found out, or what is wrong with the record.'),
  })
  .readonly()

/** Whether the client may send mail for the sender's domain. */
export type SpfFinding = z.infer<typeof spfFinding>

const results = ['none', 'neutral', 'pass', 'fail', 'softfail', 'temperror', 'permerror'] as const
/** Of the ten seconds that a phase may take: what is not found out by then is a temperror. */
const mostMs = 8000
/** More than RFC 7208, 4.6.4 allows: ten terms, some of which have ten names. */
const mostQuestions = 120

/** What the sender's domain says of the client in its SPF record (RFC 7208). */
export const spf = defineFact({
  name: 'spf',
  since: 'mail',
  schema: spfFinding,
  unobjectionable: ({ domain, identity }: SpfFinding): SpfFinding => ({ result: 'pass', domain, identity }),
  async find({ session, sender }, look): Promise<SpfFinding> {
    const identity = sender ? 'mailfrom' : 'helo'
    const domain = sender ? sender.domain : session.helo.toLowerCase()
    // Nobody can publish a record for an address, or for a bare <postmaster>.
    if (domain === '' || domain.startsWith('[')) return { result: 'none', domain, identity }
    // A macro may put the local part into a name, and the characters of names are bytes.
    const address = sender ? Buffer.from(formatAddress(sender)).toString('latin1') : ''
    const { status } = await checkHost({
      sender: address,
      ip: session.client.ip,
      helo: session.helo,
      mta: 'gateway.invalid',
      resolver: mailauthResolver(look, { ms: mostMs, questions: mostQuestions }),
      strict: true,
      maxElapsedTime: mostMs,
    })
    const result = results.find(known => known === status.result) ?? 'temperror'
    if (result !== 'temperror' && result !== 'permerror') return { result, domain, identity }
    return { result, domain, identity, error: troubleIn(status.comment ?? '', address || `postmaster@${session.helo}`) }
  },
})

/** Behind the name of the machine and the sender, which are told elsewhere. */
function troubleIn(comment: string, sender: string): string {
  const [, ...trouble] = comment.split(`error in processing during lookup of ${sender}: `)
  return trouble.join('').slice(0, 300) || 'no reason given'
}
