import { z } from 'zod'
import { parseAddress } from '../mail/address.ts'
import { domainPattern } from '../mail/domain.ts'
import { outboundTimeouts } from '../mx/timeouts.ts'
import { parseDestination } from '../relay/destination.ts'
import { domain, network, parsed } from './parsed.ts'
import { timeoutsSchema } from './relay-timeouts.ts'

/** Who we are to a server that wants to know (RFC 4954). */
const authSchema = z
  .strictObject({
    user: z.string().min(1).describe('The name of the account.'),
    password: z.string().min(1).optional().describe('Its password; better in a file of its own.'),
    passwordFile: z
      .string()
      .min(1)
      .optional()
      .describe('A file whose first line is the password; only we and our group may be able to read it.'),
  })
  .refine(({ password, passwordFile }) => (password === undefined) !== (passwordFile === undefined), {
    message: 'either password or passwordFile',
  })

const serverSchema = z.strictObject({
  to: z
    .string()
    .transform((text, context) => {
      const destination = text === 'mx' ? undefined : parseDestination(text)
      if (destination === undefined) return undefined
      if (typeof destination !== 'string' && destination.kind === 'smtp') return destination
      context.addIssue({ code: 'custom', message: 'smtp://host:port, smtps://host:port, or mx' })
      return z.NEVER
    })
    .describe('The server: smtp://host:port or smtps://host:port; or `mx`, as if there were no route.'),
  tls: z
    .enum(['opportunistic', 'required', 'off'])
    .optional()
    .describe('Whether the connection is encrypted when it can be, must be, or is not; with `auth` it must be.'),
  verify: z.boolean().default(true).describe('Whether a required certificate must be valid for the name of the server.'),
  auth: authSchema.optional().describe('The account by which we send there; it is never told in clear.'),
})

/** A server that mail goes to instead of the recipient's own. */
const routeSchema = serverSchema.superRefine(({ to, tls, auth }, context) => {
  const [key] = [to ? undefined : tls ? 'tls' : auth ? 'auth' : undefined]
  if (key) context.addIssue({ code: 'custom', path: [key], message: 'nothing beside `to: mx`', input: key })
  if (!auth || !to || to.implicitTls || tls === undefined || tls === 'required') return
  context.addIssue({ code: 'custom', path: ['tls'], message: 'required, because of auth: a password is never sent in clear' })
})

export type OutboundRouteSettings = z.output<typeof routeSchema>

const byDomain = z.record(
  z.string().refine(isDomainPattern, 'a domain, such as example.org, or all domains below one, such as "*.example.org"'),
  routeSchema,
)
const bySender = z.record(
  z.string().refine(isSender, 'an address, such as ann@example.org, a domain, or all domains below one, such as "*.example.org"'),
  routeSchema,
)

/** How mail leaves for servers that are not ours. */
export const outboundSchema = z.strictObject({
  hostname: domain('a full name, such as out.example.org')
    .optional()
    .describe('The name with which servers are greeted, best the one of our address in the DNS; without it, hostname.'),
  addresses: z
    .array(
      parsed('an address, such as 198.51.100.1', text => (text.includes('/') ? undefined : network.safeParse(text).data?.text)),
    )
    .default([])
    .describe(
      'Addresses by which we are known outside and that no interface has, as behind NAT: mail is not sent to them, and blocklists are asked about them.',
    ),
  ip: z
    .enum(['auto', 'ipv6-first', 'ipv4-first', 'ipv4-only', 'ipv6-only'])
    .default('auto')
    .describe('Which addresses of servers are used, and which first; `auto` is IPv6 first where this machine has a global one.'),
  dane: z.boolean().default(true).describe('Whether TLSA records are obeyed (DANE), where a resolver that we trust validates.'),
  mtaSts: z.boolean().default(true).describe('Whether the policies of MTA-STS are obeyed.'),
  maxConnections: z.int().min(1).max(100).default(20).describe('How many connections one server may be given at a time.'),
  maxConnectionsInAll: z.int().min(1).max(5000).default(500).describe('The same for all servers together.'),
  routes: byDomain.default({}).describe('Servers for the mail of some recipients, by their domain; this goes first.'),
  bySender: bySender.default({}).describe('Servers for the mail of some senders, by their address or domain; this goes second.'),
  smarthost: routeSchema.optional().describe('The server for all other mail; without it, those of each domain.'),
  watchBlocklists: z
    .boolean()
    .default(false)
    .describe('Whether the blocklists of the catalogue are asked about our addresses, at the start and every 6 hours.'),
  timeouts: timeoutsSchema(outboundTimeouts).prefault({}).describe('How long servers may take, each in milliseconds.'),
})

export type OutboundSettings = z.output<typeof outboundSchema>

function isDomainPattern(text: string): boolean {
  return domainPattern(text) !== undefined
}

function isSender(text: string): boolean {
  return isDomainPattern(text) || parseAddress(text) !== undefined
}
