import { z } from 'zod'
import { defineFact } from '../engine/fact.ts'
import { isAscii, parseDomain } from '../mail/address.ts'
import { verifySignatures } from './signatures.ts'

const arcFinding = z
  .strictObject({
    result: z.enum(['none', 'pass', 'fail']),
    sets: z
      .array(
        z
          .strictObject({
            sealer: z.string().describe('The domain that has sealed, in lower case; empty when it is not one.'),
            dmarc: z.string().describe('The result of DMARC that it reports: `pass`, `fail`; empty when it reports none.'),
          })
          .readonly(),
      )
      .readonly()
      .describe('The hops that have sealed the message, the first one first.'),
    why: z.string().exactOptional().describe('Why it fails.'),
  })
  .readonly()

/** What the hops before us say that they had found, and whether it is still as they said it (RFC 8617). */
export type ArcFinding = z.infer<typeof arcFinding>

/** The chain of hops that have passed the message on. Anybody can seal: it is worth what the sealers are worth. */
export const arc = defineFact({
  name: 'arc',
  since: 'message',
  schema: arcFinding,
  timeoutMs: 30_000,
  async find({ message }, look): Promise<ArcFinding> {
    const { arc, passedOver } = await verifySignatures(message, look)
    const tooMuch = passedOver.find(({ field }) => field.name.startsWith('arc-'))
    if (tooMuch) return { result: 'fail', sets: [], why: tooMuch.why }
    const result = arc.result === 'pass' || arc.result === 'none' ? arc.result : 'fail'
    const sets = arc.sets.map(({ sealer, dmarc }) => ({
      sealer: isAscii(sealer) ? (parseDomain(sealer) ?? '') : '',
      dmarc: dmarc.slice(0, 20),
    }))
    return { result, sets, ...(result === 'fail' && { why: arc.comment ?? 'no reason given' }) }
  },
})
