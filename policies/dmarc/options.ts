import { clientList, domainList, z } from 'postern'

const points = z.number().min(0)

/** Providers that seal what their users forward, and check before they do. */
const usualSealers = [
  'google.com',
  'microsoft.com',
  'messagingengine.com',
  'fastmail.com',
  'pobox.com',
  'topicbox.com',
  'one.com',
  'zone.eu',
  'forwardemail.net',
]

/** What an administrator can say about DMARC. */
export const options = z.strictObject({
  pass: points.default(1).describe('Points that are taken off when DMARC passes.'),
  quarantine: points
    .default(2.5)
    .describe('Points when it fails and the domain asks for quarantine; the message is tagged as well.'),
  reject: points.default(4).describe('Points when it fails and the domain asks for refusal; the message is quarantined as well.'),
  rejectAs: z
    .enum(['quarantine', 'reject'])
    .default('quarantine')
    .describe(
      'What happens when the domain asks for refusal and nothing else speaks against the message. Lists and forwarders break DMARC: a refused message of a list may get your user unsubscribed (RFC 9989, 7.4).',
    ),
  corroboration: points
    .default(3)
    .describe('So many points of another kind of evidence corroborate the failure, so that the message is refused.'),
  protected: domainList.describe('Domains, such as that of your bank, whose wish for refusal is always followed.'),
  forwarders: clientList.describe('Clients that pass mail on for your users, by address, network or confirmed host name.'),
  lists: domainList.describe('Domains of mailing lists, as they sign or send, that change what others have written.'),
  learnAfterMessages: z
    .number()
    .int()
    .min(0)
    .default(5)
    .describe('After so many messages of others for which DMARC passed, a mailing list is known; 0 is never.'),
  learnAfterDays: z.number().min(0).default(3).describe('And so many days after its first message.'),
  learnFromDomains: z
    .number()
    .int()
    .min(1)
    .max(20)
    .default(3)
    .describe('And from authors of so many domains, none of them its own: an attacker has none to show.'),
  sealers: domainList.prefault(usualSealers).describe('Who is believed when it says by ARC that DMARC had passed before it.'),
})

export type Options = z.output<typeof options>
