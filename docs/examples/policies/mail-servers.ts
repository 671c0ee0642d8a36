import { defineFact } from 'postern'

export interface MailServersFinding {
  readonly status: 'found' | 'none' | 'temperror'
  readonly names: readonly string[]
}

/** The mail servers that the sender's domain names, or that it could not be found out. */
export const mailServers = defineFact({
  name: 'mail-servers',
  since: 'mail',
  async find({ sender }, { dns, signal }): Promise<MailServersFinding> {
    if (!sender) return { status: 'none', names: [] } // a bounce
    const { status, records } = await dns.query('MX', sender.domain, signal)
    if (status === 'temperror') return { status, names: [] }
    return { status: records.length > 0 ? 'found' : 'none', names: records.map(({ exchange }) => exchange) }
  },
})
