import { createHash, X509Certificate } from 'node:crypto'
import type { Tlsa } from '../engine/dns.ts'
import type { TlsFailure } from './tls-failure.ts'

/** What is wrong with a certificate. */
export interface Mismatch {
  readonly code: TlsFailure
  readonly detail: string
}

/** What a server must show: a certificate that fits a record, and for DANE-TA one of these names. */
export interface DaneDemand {
  readonly records: readonly Tlsa[]
  readonly names: readonly string[]
}

const mostCertificates = 10
const hashes: Readonly<Record<number, string>> = { 1: 'sha256', 2: 'sha512' }
type IssuerOf = (certificate: X509Certificate) => X509Certificate | undefined

/** Whether the chain of a server, its own certificate first, is what the TLSA records ask for (RFC 7672, 3.1). */
export function matchDane(chain: readonly X509Certificate[], demand: DaneDemand, now = new Date()): Mismatch | undefined {
  const [own] = chain
  if (!own) return { code: 'validation-failure', detail: 'the server has shown no certificate' }
  // RFC 7672, 3.1.1: neither its name nor its dates mean anything then.
  if (demand.records.some(record => record.usage === 3 && fits(own, record))) return undefined
  const anchors = demand.records.filter(({ usage }) => usage === 2)
  return anchors.length > 0 ? matchAnchor(chain, { ...demand, records: anchors }, now) : noMatch
}

const noMatch: Mismatch = { code: 'validation-failure', detail: 'no TLSA record fits the certificate' }

/** From the server's own certificate up to the one that a record names: each is signed by the next, and all are in their time. */
function matchAnchor(chain: readonly X509Certificate[], { records, names }: DaneDemand, now: Date): Mismatch | undefined {
  const issuerOf = among([...chain, ...records.flatMap(wholeCertificate)])
  const path: X509Certificate[] = []
  for (let at = chain[0]; at && path.length < mostCertificates; at = issuerOf(at)) {
    path.push(at)
    if (path.length > 1 && records.some(record => at && fits(at, record))) return checkPath(path, names, now)
  }
  return noMatch
}

function checkPath(path: readonly X509Certificate[], names: readonly string[], now: Date): Mismatch | undefined {
  const late = path.find(({ validFromDate, validToDate }) => now < validFromDate || now > validToDate)
  if (late) return { code: 'certificate-expired', detail: `${late.subject} is valid from ${late.validFrom} to ${late.validTo}` }
  const isNamed = names.some(name => path[0]?.checkHost(name, { partialWildcards: false }) !== undefined)
  if (isNamed) return undefined
  return { code: 'certificate-host-mismatch', detail: `the certificate is not for ${names.join(' or ')}` }
}

function among(certificates: readonly X509Certificate[]): IssuerOf {
  return certificate =>
    certificates.find(
      issuer => issuer !== certificate && issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey),
    )
}

/** An authority whose certificate stands in the record as a whole need not be shown by the server (RFC 7671, 5.2.2). */
function wholeCertificate({ selector, matching, data }: Tlsa): X509Certificate[] {
  if (selector !== 0 || matching !== 0) return []
  try {
    return [new X509Certificate(Buffer.from(data, 'hex'))]
  } catch {
    // Whatever stands there is no certificate, and so fits none.
    return []
  }
}

function fits(certificate: X509Certificate, { selector, matching, data }: Tlsa): boolean {
  const bytes = selector === 0 ? certificate.raw : certificate.publicKey.export({ type: 'spki', format: 'der' })
  const hash = hashes[matching]
  return (hash === undefined ? bytes : createHash(hash).update(bytes).digest()).toString('hex') === data
}
