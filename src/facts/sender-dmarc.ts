import { z } from 'zod'
import { defineFact } from '../engine/fact.ts'
import { registeredDomain } from '../mail/domain.ts'

const senderDmarcFinding = z
  .strictObject({
    policy: z
      .enum(['yes', 'no', 'none', 'temperror'])
      .describe(
        '`no`: the domain has no policy, so that not even a signature could make DMARC pass; `none`: there is no domain.',
      ),
  })
  .readonly()

/** Whether DMARC could vouch for mail of the sender's domain. */
export type SenderDmarcFinding = z.infer<typeof senderDmarcFinding>

/** Whether the domain in MAIL FROM, or the one it belongs to, has a DMARC policy. It is known before the message comes. */
export const senderDmarc = defineFact({
  name: 'sender-dmarc',
  since: 'mail',
  schema: senderDmarcFinding,
  async find({ sender }, { dns, signal }): Promise<SenderDmarcFinding> {
    if (!sender || sender.domain === '' || sender.domain.startsWith('[')) return { policy: 'none' }
    // RFC 9989, 4.10 looks in between as well, which few domains need.
    const names = new Set([sender.domain, registeredDomain(sender.domain)])
    const answers = await Promise.all([...names].map(name => dns.query('TXT', `_dmarc.${name}`, signal)))
    if (answers.some(({ records }) => records.some(record => record.startsWith('v=DMARC1')))) return { policy: 'yes' }
    return { policy: answers.some(({ status }) => status === 'temperror') ? 'temperror' : 'no' }
  },
})
