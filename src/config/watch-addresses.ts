import { AddressWatch } from '../doctor/address-watch.ts'
import { catalogue } from '../doctor/catalogue.ts'
import { ownAddresses } from '../doctor/own-addresses.ts'
import { type SweptListing, sweep } from '../doctor/sweep.ts'
import type { Dns } from '../engine/dns.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Log } from '../report/log.ts'
import { readSystemServers } from '../world/dns-server.ts'
import type { Configuration } from './load.ts'

interface Context {
  readonly log: Pick<Log, 'warn' | 'info'>
  readonly metrics?: Pick<Metrics, 'outgoing'>
  /** Without a memory of its own. */
  readonly dns: Dns
}

/** Asks all lists of the catalogue about our own addresses, or about these. */
export async function sweepAddresses(
  { hostname, outbound, dns: settings }: Configuration,
  dns: Dns,
  given?: readonly string[],
): Promise<SweptListing[]> {
  const addresses = given ?? (outbound.addresses.length ? outbound.addresses : await ownAddresses(hostname, dns))
  return sweep({ addresses, lists: catalogue, dns, servers: settings.servers ?? (await readSystemServers()) })
}

/** The watch over our own addresses, not begun yet; nothing when it is not asked for. One for all processes. */
export function watchAddresses(configuration: Configuration, { log, metrics, dns }: Context): AddressWatch | undefined {
  if (!configuration.outbound.watchBlocklists) return undefined
  return new AddressWatch({
    sweep: () => sweepAddresses(configuration, dns),
    report: (found, news) => {
      metrics?.outgoing.noteListings(found)
      for (const each of news) tell(log, each)
    },
  })
}

function tell(log: Context['log'], { address, zone, status, codes, removal }: SweptListing): void {
  if (status === 'listed')
    log.warn({ address, zone, codes, removal }, 'a blocklist lists an address from which our mail goes out')
  else log.info({ address, zone }, 'a blocklist does not list this address of ours any more')
}
