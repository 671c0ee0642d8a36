import type { Dns } from '../engine/dns.ts'

/** What the DNS says of a domain's MTA-STS policy: which version of it there is, or none. */
export type StsRecord = { readonly status: 'found'; readonly id: string } | { readonly status: 'none' | 'temperror' }

/** Asks whether a domain has a policy (RFC 8461, 3.1). More than one record is none. */
export async function findStsRecord(dns: Dns, domain: string): Promise<StsRecord> {
  const { status, records } = await dns.query('TXT', `_mta-sts.${domain}`)
  if (status === 'temperror') return { status }
  const [record, ...more] = records.filter(text => /^v=STSv1[ \t]*;/.test(text))
  const id = more.length === 0 ? readId(record) : undefined
  return id === undefined ? { status: 'none' } : { status: 'found', id }
}

/** `v=STSv1; id=20160831085700Z;` */
function readId(record: string | undefined): string | undefined {
  const fields = (record ?? '').slice(0, 1024).split(';').slice(1)
  const [, id] = fields.map(field => /^[ \t]*id=([A-Za-z0-9]{1,32})[ \t]*$/.exec(field)).find(match => match !== null) ?? []
  return id
}
