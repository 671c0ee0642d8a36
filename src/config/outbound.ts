import { isIP } from 'node:net'
import { z } from 'zod'
import { canonicalAddress } from '../mail/network.ts'
import { parsed } from './parsed.ts'

const address = parsed('an address, such as 192.0.2.1', text => (isIP(text) ? canonicalAddress(text) : undefined))

/** What we know of our way out. */
export const outboundSchema = z.strictObject({
  addresses: z
    .array(address)
    .min(1)
    .max(64)
    .optional()
    .describe('The addresses from which our mail goes out; without it, the public ones of this machine and of its name.'),
  watchBlocklists: z
    .boolean()
    .default(true)
    .describe('Whether the blocklists of the catalogue are asked about these addresses, at the start and every 6 hours.'),
})
