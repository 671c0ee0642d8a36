import { definePolicy, pass, reject, z } from 'postern'
import { senderDomain } from 'postern/facts'

const action = z.enum(['reject', 'pass']).default('reject')

/** Refuses senders whose domain says itself that the mail cannot be theirs. */
export default definePolicy({
  name: 'sender-domain',
  phase: 'mail',
  summary: 'Refuse a sender whose domain does not exist, takes no mail, or never sends any.',
  options: z.strictObject({
    nonexistent: action.describe('What to do when the domain does not exist.'),
    nullMx: action.describe('What to do when the domain takes no mail, so that nobody could answer (RFC 7505).'),
    neverSends: action.describe("What to do when the domain's SPF record is `v=spf1 -all`: it never sends mail."),
  }),
  reasons: {
    nonexistent: ['1.8', 'The domain of your sender address {sender} does not exist'],
    'null-mx': ['7.27', 'The domain of your sender address {sender} takes no mail, so nobody could answer'],
    'never-sends': ['7.23', 'The domain of your sender address {sender} says that it never sends mail'],
  },
  facts: () => ({ senderDomain }),
  judge({ options, facts: { senderDomain } }) {
    if (senderDomain.status === 'nxdomain' && options.nonexistent === 'reject') return reject('nonexistent')
    if (senderDomain.mx === 'null' && options.nullMx === 'reject') return reject('null-mx')
    if (senderDomain.spfDeniesAll && options.neverSends === 'reject') return reject('never-sends')
    return pass()
  },
})
