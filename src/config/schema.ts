import { z } from 'zod'
import { parseAddress } from '../mail/address.ts'
import { dnsSchema } from './dns.ts'
import { journalSchema } from './journal.ts'
import { limitsSchema } from './limits.ts'
import { listenSchema } from './listen.ts'
import { metricsSchema } from './metrics.ts'
import { outboundSchema } from './outbound.ts'
import { ownName } from './own-name.ts'
import { domain, network, parsed } from './parsed.ts'
import { queueSchema } from './queue.ts'
import { relaysSchema } from './relay.ts'
import { arcSchema, signSchema, srsSchema } from './signing.ts'
import { submissionSchema } from './submission.ts'
import { tlsSchema } from './tls.ts'

/** The whole configuration file. */
export const configurationSchema = z.strictObject({
  hostname: domain('the full name of this machine, such as mx.example.org')
    .prefault(() => ownName() ?? '')
    .describe('The full name of this machine, by which it greets and signs what it adds; without it, what the system says.'),
  data: z
    .string()
    .min(1)
    .default('data')
    .describe('The folder of the store and the quarantine; relative paths start at this file’s folder.'),
  workers: z
    .union([z.literal('auto'), z.int().min(1).max(256)])
    .default('auto')
    .describe('How many processes share the work: `auto` is one for each processor, 1 is a single process without a supervisor.'),
  dns: dnsSchema.prefault({}).describe('How questions to the DNS are asked.'),
  tls: tlsSchema.optional().describe('The certificate that clients see; without it, TLS is not offered.'),
  listen: z.array(listenSchema).min(1).describe('The addresses to listen on.'),
  relay: relaysSchema.describe('The domains that we relay for, and where their mail goes; no verdict can widen this.'),
  relayFrom: z
    .array(network)
    .default([])
    .describe(
      'The servers of our own, by address or network, that may send to the world through us without a password; no verdict can widen this.',
    ),
  submission: submissionSchema.prefault({}).describe('Our own users, who send through a listener `as: submission`.'),
  outbound: outboundSchema.prefault({}).describe('How mail leaves for servers that are not ours.'),
  postmaster: parsed('an address, such as postmaster@example.org', parseAddress)
    .optional()
    .describe('Where mail to the bare <postmaster> goes; without it, to postmaster@ the first domain of relay.'),
  journal: journalSchema.prefault({}).describe('What is kept of the transactions, in the folder `data`; `off` keeps nothing.'),
  queue: queueSchema.prefault({}).describe('How what cannot be delivered at once is tried again.'),
  sign: signSchema.optional().describe('The domains whose mail is signed (DKIM), each with its keys.'),
  arc: arcSchema.optional().describe('The key that seals what is passed on to others (ARC); without it, nothing is sealed.'),
  srs: srsSchema
    .optional()
    .describe('How senders are rewritten whose mail is passed on (SRS); without it, they stay as they are.'),
  metrics: metricsSchema.optional().describe('Where Prometheus asks for numbers; without it, nowhere.'),
  mode: z
    .enum(['enforce', 'observe'])
    .default('enforce')
    .describe('In observe mode everything is judged and traced, and all mail is relayed.'),
  limits: limitsSchema.prefault({}).describe('How much of everything one client may use.'),
  rules: z.array(z.unknown()).optional().describe('The rules, in the order in which they judge; without it, the default set.'),
})

export type Settings = z.output<typeof configurationSchema>
