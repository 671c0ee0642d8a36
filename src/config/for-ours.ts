import type { Users } from '../accounts/users.ts'
import type { Dns } from '../engine/dns.ts'
import type { Gateway } from '../engine/gateway.ts'
import { type Rule, rulebook, rulesAs } from '../engine/rule.ts'
import type { Store } from '../engine/store.ts'
import { NetworkList } from '../mail/network-list.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Log } from '../report/log.ts'
import type { Sign } from '../signing/signing-transport.ts'
import type { Configuration } from './load.ts'
import { type OpenedOutbound, openOutbound } from './open-outbound.ts'
import type { Queue } from './open-queue.ts'
import { openSigning } from './open-signing.ts'
import type { Checked } from './problem.ts'
import type { Routes } from './routes.ts'
import { openUsers } from './users.ts'
import { wayOut } from './way-out.ts'

/** Finds the servers of strangers. */
export type Away = Pick<OpenedOutbound['outbound'], 'route'>

/** What a gateway has for our own users and servers, and holds open for them. */
export interface ForOurs {
  readonly away: Away
  readonly users: Users | undefined
  /** Puts our signatures on top, when there are keys. */
  readonly sign: Sign | undefined
  readonly gateway: Pick<Gateway, 'submissionRulebook' | 'outbound' | 'relaysFrom'>
  close(): void
}

interface Surroundings {
  readonly dns: Dns
  /** The same without a memory. */
  readonly uncached: Dns
  /** A rehearsal has none, and signs nothing. */
  readonly metrics?: Metrics | undefined
  readonly store: Store
  readonly log: Log
  /** Where mail waits that is for strangers; without it, it goes to them at once. */
  readonly queue?: Queue | undefined
  readonly routes: Routes
  readonly rules: readonly Rule[]
}

/** Opens the way out, and what knows who may use it. */
export async function openForOurs(
  configuration: Configuration,
  { routes, rules, queue, ...rest }: Surroundings,
): Promise<Checked<ForOurs>> {
  const users = await openUsers(configuration, rest)
  if ('problems' in users) return users
  const signing = rest.metrics && (await openSigning(configuration, { ...rest, metrics: rest.metrics }))
  if (signing && 'problems' in signing) {
    users.value?.close()
    return signing
  }
  const signer = signing?.value.signer
  const sign = configuration.sign && signer ? signer.sign.bind(signer) : undefined
  const away = openOutbound(configuration, rest)
  const relayers = new NetworkList(configuration.relayFrom)
  const gateway = {
    submissionRulebook: rulebook(rulesAs(rules, 'submission')),
    outbound: wayOut(away.outbound, routes, { queue: queue?.transport, sign }),
    relaysFrom: (ip: string) => relayers.find(ip) !== undefined,
  }
  const close = () => {
    away.close()
    users.value?.close()
    signing?.value.close()
  }
  return { value: { sign, away: away.outbound, users: users.value, gateway, close } }
}
