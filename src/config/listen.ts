import { z } from 'zod'
import { parseEndpoint } from './endpoint.ts'
import { network, parsed } from './parsed.ts'

/** One address that clients may connect to. */
export const listenSchema = z.strictObject({
  address: parsed('an address and a port, such as 0.0.0.0:25 or "[::]:25"', parseEndpoint).describe(
    'The address and the port to listen on; IPv6 addresses stand in brackets.',
  ),
  as: z
    .enum(['mx', 'submission'])
    .default('mx')
    .describe('What the listener is for: mail from strangers (mx), or from our own users (submission, RFC 6409).'),
  tls: z
    .enum(['starttls', 'implicit'])
    .optional()
    .describe(
      'Whether TLS begins with STARTTLS or with the first byte (port 465); without it, STARTTLS when there is a certificate.',
    ),
  proxyProtocol: z
    .array(network)
    .default([])
    .describe('The load balancers that must send a PROXY protocol header (version 1 or 2) at the start of each connection.'),
  xclient: z
    .array(network)
    .default([])
    .describe('The clients that may tell by XCLIENT on whose behalf they speak; all others are refused.'),
})
