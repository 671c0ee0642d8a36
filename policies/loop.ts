import { definePolicy, pass, reject, z } from 'postern'
import { headers } from 'postern/facts'

/** Stops mail that goes round in circles (RFC 5321, 6.3). It is no judgement on the sender: it holds for everybody. */
export default definePolicy({
  name: 'loop',
  phase: 'message',
  summary: 'Refuse a message that has passed through too many hosts, or through this one again and again.',
  options: z.strictObject({
    hops: z.number().int().min(30).max(1000).default(100).describe('How many Received fields a message may have.'),
    ownHops: z.number().int().min(1).max(100).default(5).describe('How many of them may be our own.'),
    ownNames: z
      .array(z.string().toLowerCase())
      .prefault([])
      .describe('Our own host names. The configuration fills in the host name.'),
  }),
  reasons: { loop: ['4.6', 'This message goes round in circles', 554] },
  facts: () => ({ headers }),
  judge({ options, facts: { headers } }) {
    const own = headers.receivedBy.filter(host => options.ownNames.includes(host)).length
    if (headers.hops > options.hops) return reject('loop', `${headers.hops} Received fields`)
    return own >= options.ownHops ? reject('loop', `${own} Received fields of ours`) : pass()
  },
})
