import { isAccepted, type Reply } from '../mail/reply.ts'
import type { Exchanger } from './exchangers.ts'
import type { Destination, Outbound } from './outbound.ts'
import type { Security } from './security.ts'
import type { StsPolicy } from './sts-policy.ts'

/** Where mail for an address would go, and why. */
export type RouteAccount =
  | { readonly by: 'configuration'; readonly to: string }
  | { readonly by: 'nobody'; readonly reply: Reply }
  | {
      readonly by: 'mx'
      readonly provider: string
      /** The domain names no servers, and so is its own. */
      readonly isImplicit: boolean
      /** Whether what the DNS says of the servers is validated. */
      readonly secure: boolean
      readonly mtaSts?: StsPolicy
      readonly hosts: readonly HostAccount[]
    }

/** One server, in the order in which they would be tried. */
interface HostAccount {
  readonly name: string
  readonly preference: number
  readonly addresses: readonly string[]
  /** Why there may be others. */
  readonly trouble?: string
  readonly policy: Security['policy']
  /** `refused`: it would not be spoken with. */
  readonly tls: Security['tls'] | 'refused'
  readonly why: string
}

/** Finds a route as a delivery would, and delivers nothing. */
export async function accountOf(outbound: Outbound, destination: Destination): Promise<RouteAccount> {
  const set = outbound.override(destination)
  if (set) return { by: 'configuration', to: set.transport.name }
  const { domain } = destination.recipient
  const found = await outbound.exchangers(domain)
  if ('code' in found) return { by: 'nobody', reply: found }
  const { provider, secure, isImplicit } = found
  const sts = await outbound.policyOf(domain)
  const hosts = await Promise.all(
    found.hosts.map(async host => ({ ...described(host), ...judged(await outbound.security(domain, host, { secure, sts })) })),
  )
  return { by: 'mx', provider, isImplicit, secure, ...(sts && { mtaSts: sts }), hosts }
}

/** Whether mail could be on its way at once. */
export function isOpen(account: RouteAccount): boolean {
  if (account.by === 'nobody') return isAccepted(account.reply)
  return account.by === 'configuration' || account.hosts.some(({ tls, addresses }) => tls !== 'refused' && addresses.length > 0)
}

function described({ name, preference, addresses, trouble }: Exchanger) {
  return { name, preference, addresses, ...(trouble !== undefined && { trouble }) }
}

function judged(security: Awaited<ReturnType<Outbound['security']>>): Pick<HostAccount, 'policy' | 'tls' | 'why'> {
  const { policy, why } = security
  return { policy, why, tls: 'tls' in security ? security.tls : 'refused' }
}
