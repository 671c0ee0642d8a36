import { isIP } from 'node:net'
import { z } from 'zod'
import { defineFact } from '../engine/fact.ts'
import { parseAddressLiteral, parseDomain } from '../mail/address.ts'

const heloHostFinding = z
  .strictObject({
    form: z
      .enum(['name', 'literal', 'address', 'local', 'unqualified', 'invalid'])
      .describe(
        '`name`: a full host name; `literal`: an address in brackets; `address`: one without; `local`: a name that exists in private networks only; `unqualified`: a name without a dot; `invalid`: nothing that RFC 5321 lets a client say.',
      ),
    resolves: z
      .enum(['yes', 'no', 'temperror', 'not-asked'])
      .describe('Whether a host name has an address; nobody is asked about the other forms.'),
  })
  .readonly()

/** What kind of name the client has given in HELO, and whether it exists. */
export type HeloHostFinding = z.infer<typeof heloHostFinding>

const localDomains = /\.(?:local|localdomain|localhost|lan|home|home\.arpa|internal|intranet|corp|private|workgroup|invalid)$/

/** What the client's HELO name is worth. Whether it is the name of the client's address is nobody's business (RFC 5321, 4.1.4). */
export const heloHost = defineFact({
  name: 'helo-host',
  since: 'helo',
  schema: heloHostFinding,
  unobjectionable: (): HeloHostFinding => ({ form: 'name', resolves: 'yes' }),
  async find({ session }, { dns, signal }): Promise<HeloHostFinding> {
    const name = session.helo.toLowerCase().replace(/\.$/, '')
    const form = formOf(name)
    if (form !== 'name') return { form, resolves: 'not-asked' }

    const answers = await Promise.all([dns.query('A', name, signal), dns.query('AAAA', name, signal)])
    if (answers.some(({ status }) => status === 'found')) return { form, resolves: 'yes' }
    return { form, resolves: answers.some(({ status }) => status === 'temperror') ? 'temperror' : 'no' }
  },
})

function formOf(name: string): HeloHostFinding['form'] {
  if (isIP(name)) return 'address'
  if (name.startsWith('[')) return parseAddressLiteral(name) === undefined ? 'invalid' : 'literal'
  if (parseDomain(name) === undefined) return 'invalid'
  if (!name.includes('.')) return 'unqualified'
  return localDomains.test(name) ? 'local' : 'name'
}
