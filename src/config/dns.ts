import { z } from 'zod'
import { parseServer } from '../world/dns-server.ts'
import { milliseconds, parsed } from './parsed.ts'

const server = parsed('the address of a DNS server, such as 127.0.0.1:53', text => (parseServer(text) ? text : undefined))

/** How questions to the DNS are asked. */
export const dnsSchema = z.strictObject({
  servers: z
    .array(server)
    .min(1)
    .optional()
    .describe('The resolvers to ask, best one on this machine; without it, those of the system.'),
  timeoutMs: milliseconds(100, 30_000).default(2000).describe('How long to wait for one answer, in milliseconds.'),
  cache: z.boolean().default(true).describe('Whether answers are kept; switch it off for test suites whose zones change.'),
  trustAd: z
    .boolean()
    .default(false)
    .describe('Whether to believe a resolver that is not on this machine when it says that it has validated an answer (AD bit).'),
})
