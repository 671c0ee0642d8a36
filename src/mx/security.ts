import type { Dns } from '../engine/dns.ts'
import type { PeerCheck } from '../relay/client-connection.ts'
import { type Dane, findDane } from './dane.ts'
import type { Exchanger } from './exchangers.ts'
import { daneCheck, tolerant, webPkiCheck } from './peer-checks.ts'
import { allowsMx, type StsPolicy } from './sts-policy.ts'
import type { TlsFailure } from './tls-failure.ts'

/** Whose wish it is that a connection be secure, in the words of RFC 8460, 4.4. */
export type PolicyType = 'tlsa' | 'sts' | 'no-policy-found'

/** How a server must be spoken with. */
export interface Security {
  readonly policy: PolicyType
  readonly tls: 'opportunistic' | 'required'
  /** In one sentence, for people. */
  readonly why: string
  /** The name that the server is asked for (SNI). */
  readonly serverName: string
  readonly checkPeer?: PeerCheck
  /** Connections to one address that were made with the same key are equally good. */
  readonly key: string
}

/** Why a server must not be spoken with at all. */
export interface Insecure {
  readonly policy: PolicyType
  readonly why: string
  readonly failure: TlsFailure
}

/** What decides how secure a connection must be. */
export interface SecurityQuestion {
  readonly dns: Dns
  readonly domain: string
  readonly host: Exchanger
  /** Whether the answer that led to the host is validated. */
  readonly secure: boolean
  readonly port: number
  readonly sts?: StsPolicy | undefined
  /** Whether DANE is asked for. */
  readonly dane: boolean
}

/** How the owners of a domain and of its server want the server to be spoken with: DANE says it before MTA-STS (RFC 8461, 2). */
export async function securityOf(question: SecurityQuestion): Promise<Security | Insecure> {
  const { dns, host, secure, port } = question
  const none: Dane = { status: 'none', why: 'it is switched off' }
  const dane = question.dane ? await findDane(dns, { name: host.name, secure: secure && host.secure, port }) : none
  if (dane.status === 'trouble') return { policy: 'tlsa', why: `DANE: ${dane.why}`, failure: 'dnssec-invalid' }
  if (dane.status === 'usable') return byDane(dane, question)
  if (dane.status === 'unusable') return encrypted(dane, host)
  return bySts(question) ?? opportunistic(host, `no DANE (${dane.why}), no MTA-STS: encrypted if the server can`)
}

/** Encrypted if it can be: also for mail that would rather be read than lost (RFC 8689, 5). */
export function opportunistic({ name }: Exchanger, why: string): Security {
  return { policy: 'no-policy-found', tls: 'opportunistic', why, serverName: name, key: 'opportunistic' }
}

function byDane({ base, records }: Extract<Dane, { status: 'usable' }>, { domain, host }: SecurityQuestion): Security {
  // RFC 7672, 3.2.2: with DANE-TA the names count, that of the domain among them.
  const names = [...new Set([base, host.name, domain])]
  const byName = records.some(({ usage }) => usage === 2) ? names : []
  const shown = records.map(({ usage, selector, matching, data }) => `${usage} ${selector} ${matching} ${data}`).toSorted()
  return {
    policy: 'tlsa',
    tls: 'required',
    why: `DANE: the certificate must fit ${records.length === 1 ? 'the TLSA record' : `one of ${records.length} TLSA records`} of ${base}`,
    serverName: base,
    checkPeer: daneCheck({ records, names }),
    key: JSON.stringify(['dane', base, byName, shown]),
  }
}

function encrypted({ base }: Extract<Dane, { status: 'unusable' }>, { name }: Exchanger): Security {
  const why = `DANE: no TLSA record of ${base} can be used, so encrypted by whatever certificate`
  return { policy: 'tlsa', tls: 'required', why, serverName: name, key: 'encrypted' }
}

function bySts({ sts, host }: SecurityQuestion): Security | Insecure | undefined {
  if (!sts || sts.mode === 'none') return undefined
  const isEnforced = sts.mode === 'enforce'
  if (!allowsMx(sts, host.name)) {
    const why = `MTA-STS: ${host.name} is not among ${sts.mx.join(', ')}`
    return isEnforced ? { policy: 'sts', why, failure: 'validation-failure' } : opportunistic(host, `${why} (testing)`)
  }
  return {
    policy: 'sts',
    tls: isEnforced ? 'required' : 'opportunistic',
    why: isEnforced ? 'MTA-STS: the certificate must be valid for its name' : 'MTA-STS in testing: trouble is only counted',
    serverName: host.name,
    checkPeer: isEnforced ? webPkiCheck : tolerant(webPkiCheck),
    key: `sts ${sts.mode}`,
  }
}
