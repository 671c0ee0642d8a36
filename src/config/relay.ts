import { z } from 'zod'
import { domainPattern } from '../mail/domain.ts'
import { parseDestination } from '../relay/destination.ts'
import { relayTimeoutsSchema } from './relay-timeouts.ts'

/** Where the mail of one domain goes. */
const relaySchema = z.strictObject({
  to: z
    .string()
    .transform((text, context) => {
      const destination = parseDestination(text)
      if (typeof destination !== 'string') return destination
      context.addIssue({ code: 'custom', message: destination })
      return z.NEVER
    })
    .describe(
      'The next hop: smtp://host:port, smtps://host:port, lmtp://host:port, lmtp:/path/of/socket, or maildir:/path/{local} for a folder each.',
    ),
  identity: z
    .enum(['none', 'xclient', 'xforward', 'proxy'])
    .default('none')
    .describe('How the next hop learns who the client is: not at all, by XCLIENT, by XFORWARD, or by a PROXY v2 header.'),
  tls: z
    .enum(['opportunistic', 'required', 'off'])
    .optional()
    .describe(
      'Whether the connection to the next hop is encrypted when it can be, must be, or is not; without it, when it can be, and for LMTP not.',
    ),
  verify: z.boolean().default(true).describe('Whether a required certificate of the next hop must be valid for its name.'),
  returnPath: z
    .boolean()
    .default(false)
    .describe('Whether we put Return-Path on top for an LMTP server that does not do it itself; Dovecot does.'),
  eightBit: z
    .enum(['send', 'refuse'])
    .default('send')
    .describe(
      'What becomes of 8-bit mail when the next hop does not offer 8BITMIME; it is never re-encoded, because it may be signed.',
    ),
  whenDown: z
    .enum(['defer', 'queue'])
    .default('defer')
    .describe(
      'What happens while the next hop cannot be reached: the sender is asked to come again (451), or mail for recipients that it is known to have waits in our queue.',
    ),
  timeouts: relayTimeoutsSchema.prefault({}).describe('How long the next hop may take, each in milliseconds.'),
})

export type Relay = z.output<typeof relaySchema>

/** The domains that we relay for. No verdict can widen this. */
export const relaysSchema = z.record(
  z.string().refine(isDomainPattern, 'a domain, such as example.org, or all domains below one, such as "*.example.org"'),
  relaySchema,
)

function isDomainPattern(text: string): boolean {
  return domainPattern(text) !== undefined
}
