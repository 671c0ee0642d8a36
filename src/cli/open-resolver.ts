import type { Configuration } from '../config/load.ts'
import { readSystemServers } from '../world/dns-server.ts'
import { Resolver } from '../world/resolver.ts'

/** The resolver of a command, which asks each question once: without a memory. */
export async function openResolver({ dns }: Configuration): Promise<Resolver> {
  const { timeoutMs, trustAd, servers = await readSystemServers() } = dns
  return new Resolver({ servers, timeoutMs, trustAd })
}
