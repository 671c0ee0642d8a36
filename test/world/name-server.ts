import type { TestContext } from 'node:test'
import { type DnsServer, startDnsServer } from '../../fixtures/dns-server.ts'

/** A name server that ends with its test, also when that fails. */
export async function nameServer(t: TestContext, ...args: Parameters<typeof startDnsServer>): Promise<DnsServer> {
  const server = await startDnsServer(...args)
  t.after(() => server.close())
  return server
}
