import { z } from 'zod'
import { parseAddressPattern } from '../mail/address-pattern.ts'
import { parseDestination } from '../relay/destination.ts'
import { parseEndpoint } from './endpoint.ts'
import { parsed } from './parsed.ts'

/** Where Dovecot's auth service is: `/run/dovecot/auth-client`, or `10.0.0.5:12345`. */
function parseDovecot(text: string) {
  return text.startsWith('/') ? { path: text } : parseEndpoint(text)
}

/** A server that is asked for passwords: under TLS, whatever it is. */
function parseServer(text: string) {
  const destination = parseDestination(text)
  return typeof destination === 'object' && destination.kind === 'smtp' ? destination : undefined
}

const accountsSchema = z
  .strictObject({
    file: z
      .string()
      .min(1)
      .optional()
      .describe('The file that `postern account` writes; without it, `accounts` in the data folder.'),
    dovecot: parsed('the path of a socket such as /run/dovecot/auth-client, or host:port', parseDovecot)
      .optional()
      .describe('Where Dovecot’s auth service listens for clients, which is asked for each password.'),
    server: parsed('smtp://host:587 or smtps://host:465', parseServer)
      .optional()
      .describe(
        'The mail server that is asked for each password, by AUTH in our user’s name: smtp://host:587 (with STARTTLS) or smtps://host:465.',
      ),
    verify: z.boolean().default(true).describe('Whether the certificate of `server` must be valid for its name.'),
  })
  .refine(({ file, dovecot, server }) => [file, dovecot, server].filter(Boolean).length <= 1, {
    message: 'one of file, dovecot and server',
  })

const throttleSchema = z.strictObject({
  perNetwork: z.int().min(1).max(100_000).default(10).describe('How many wrong passwords in an hour from one /24 or /64.'),
  perAccount: z
    .int()
    .min(1)
    .max(100_000)
    .default(50)
    .describe('How many wrong passwords in a day for one account, from networks that it has not been used from lately.'),
})

/** Our own users, who send through us (RFC 6409). */
export const submissionSchema = z.strictObject({
  accounts: accountsSchema.prefault({}).describe('Who knows the passwords of our users: a file, Dovecot, or a mail server.'),
  addresses: z
    .record(
      z.string().min(1),
      z.array(parsed('an address, or all of a domain, such as "*@example.org"', parseAddressPattern)).min(1),
    )
    .default({})
    .describe(
      'What accounts may use as sender and in From, besides what their account says and their own name, by the name of the account.',
    ),
  showUser: z.boolean().default(false).describe('Whether Received tells everybody which account has sent a message.'),
  throttle: throttleSchema.prefault({}).describe('How often passwords may be wrong before nobody looks at them any more.'),
})
