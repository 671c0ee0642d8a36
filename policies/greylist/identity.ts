import { neighbourhood, registeredDomain } from 'postern'
import type { DkimFinding, ReverseDnsFinding, SpfFinding } from 'postern/facts'

/** Who has sent something, as far as it is certain: the one that comes back may have another address. */
export interface Identity {
  readonly name: string
  /** Somebody is responsible for it: not a machine, but the domain of the sender itself. */
  readonly isDomain: boolean
}

interface Known {
  readonly ip: string
  readonly spf: SpfFinding
  readonly reverseDns: ReverseDnsFinding
  /** Once there is a message: who has signed it, and who has written it. */
  readonly dkim?: readonly DkimFinding[]
  readonly authors?: readonly { readonly domain: string }[]
}

/** The best that is known: the author's domain that has signed, the domain that SPF confirms, the confirmed host's, the network. */
export function identityOf({ ip, spf, reverseDns, dkim = [], authors = [] }: Known): Identity {
  const owners = authors.map(({ domain }) => registeredDomain(domain))
  const signer = dkim.find(({ result, domain }) => result === 'pass' && owners.includes(registeredDomain(domain)))
  if (signer) return { name: `domain ${registeredDomain(signer.domain)}`, isDomain: true }
  if (spf.result === 'pass') return { name: `domain ${registeredDomain(spf.domain)}`, isDomain: true }
  if (reverseDns.status === 'confirmed' && reverseDns.name !== undefined && reverseDns.pattern !== 'dynamic') {
    return { name: `host ${registeredDomain(reverseDns.name)}`, isDomain: false }
  }
  return { name: `network ${neighbourhood(ip)}`, isDomain: false }
}
