import { z } from 'zod'
import { parseDomain } from '../mail/address.ts'
import { deadList } from './dead-lists.ts'

/** The zone of a list: a name with a dot. */
type Zone = `${string}.${string}`

/** The zone of a list in the DNS, in lower case. A list that has been shut down is refused: nobody means to ask it. */
export const listZone = z
  .string()
  .toLowerCase()
  .transform((zone, context): Zone => {
    const ended = deadList(zone)
    if (isZone(zone) && ended === undefined) return zone
    const expected =
      ended === undefined ? 'the zone of a list, such as zen.spamhaus.org' : `a list that is alive: this one ended in ${ended}`
    context.addIssue({ code: 'custom', message: `expected ${expected}`, input: zone })
    return z.NEVER
  })

function isZone(zone: string): zone is Zone {
  return zone.includes('.') && !zone.startsWith('[') && parseDomain(zone) !== undefined
}
