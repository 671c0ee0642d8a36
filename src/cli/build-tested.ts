import { setTimeout as wait } from 'node:timers/promises'
import { type BuiltGateway, buildGateway, type GatewayContext } from '../config/gateway.ts'
import type { Configuration } from '../config/load.ts'
import type { Checked } from '../config/problem.ts'

/** How long mail waits at the start, or at a reload, for the blocklists to be tested. */
const testPatienceMs = 2000

/** Builds a gateway, and waits until its blocklists have been tested, but not for long. */
export async function buildTested(configuration: Configuration, context: GatewayContext): Promise<Checked<BuiltGateway>> {
  const built = await buildGateway(configuration, context)
  if ('value' in built) await Promise.race([built.value.tested, wait(testPatienceMs, undefined, { ref: false })])
  return built
}
