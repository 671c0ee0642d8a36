import { z } from 'zod'
import type { DnsAnswer } from '../engine/dns.ts'
import { defineFact, type Look } from '../engine/fact.ts'
import { publicTopLevelDomain } from '../mail/domain.ts'

const senderDomainFinding = z
  .strictObject({
    status: z
      .enum(['exists', 'nxdomain', 'temperror', 'null-sender', 'literal'])
      .describe('`null-sender` and `literal` have no domain that could be asked for.'),
    mx: z
      .enum(['mx', 'address', 'null', 'none', 'temperror'])
      .describe('Where mail for the domain goes: to its MX, to its own address, nowhere on purpose (RFC 7505), or nowhere.'),
    spfDeniesAll: z.boolean().describe('The domain says that it never sends mail: its SPF record is `v=spf1 -all` (RFC 7208).'),
  })
  .readonly()

/** Whether the sender's domain can have sent mail, and could get an answer. */
export type SenderDomainFinding = z.infer<typeof senderDomainFinding>

/** What the DNS says of the domain in MAIL FROM. */
export const senderDomain = defineFact({
  name: 'sender-domain',
  since: 'mail',
  schema: senderDomainFinding,
  unobjectionable: (): SenderDomainFinding => ({ status: 'exists', mx: 'mx', spfDeniesAll: false }),
  async find({ sender }, look): Promise<SenderDomainFinding> {
    if (!sender) return { status: 'null-sender', mx: 'none', spfDeniesAll: false }
    if (sender.domain === '' || sender.domain.startsWith('[')) return { status: 'literal', mx: 'none', spfDeniesAll: false }

    const [mx, txt] = await Promise.all([
      look.dns.query('MX', sender.domain, look.signal),
      look.dns.query('TXT', sender.domain, look.signal),
    ])
    if (mx.status === 'nxdomain') {
      const isTrue = await knowsTopLevel(sender.domain, look)
      return { status: isTrue ? 'nxdomain' : 'temperror', mx: isTrue ? 'none' : 'temperror', spfDeniesAll: false }
    }
    const spfDeniesAll = deniesAll(txt)
    if (mx.status === 'temperror')
      return { status: txt.status === 'found' ? 'exists' : 'temperror', mx: 'temperror', spfDeniesAll }
    if (mx.status === 'found') return { status: 'exists', mx: isNull(mx.records) ? 'null' : 'mx', spfDeniesAll }
    return { status: 'exists', mx: await implicitMx(sender.domain, look), spfDeniesAll }
  },
})

/** Whether the resolver can be believed that there is no such domain: one that has lost the Internet says so of `org` too. */
async function knowsTopLevel(domain: string, { dns, signal }: Pick<Look<'mail'>, 'dns' | 'signal'>): Promise<boolean> {
  const top = publicTopLevelDomain(domain)
  if (top === undefined) return true
  const { status } = await dns.query('NS', top, signal)
  return status === 'found' || status === 'nodata'
}

// RFC 7505, 3: a null MX stands alone.
function isNull(records: readonly { readonly exchange: string }[]): boolean {
  return records.length === 1 && records[0]?.exchange === ''
}

/** RFC 5321, 5.1: without an MX record, the domain's own address is where its mail goes. */
async function implicitMx(domain: string, { dns, signal }: Pick<Look<'mail'>, 'dns' | 'signal'>) {
  const answers = await Promise.all([dns.query('A', domain, signal), dns.query('AAAA', domain, signal)])
  if (answers.some(({ status }) => status === 'found')) return 'address'
  return answers.some(({ status }) => status === 'temperror') ? 'temperror' : 'none'
}

// RFC 7208, 4.5: two SPF records are an error, and an error denies nothing.
function deniesAll(txt: DnsAnswer<string>): boolean {
  const records = txt.records.filter(record => /^v=spf1(?: |$)/i.test(record))
  return records.length === 1 && /^v=spf1 +-all *$/i.test(records[0] ?? '')
}
