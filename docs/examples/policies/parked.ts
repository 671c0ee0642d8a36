import { defer, definePolicy, domainList, pass, z } from 'postern'
import { mailServers } from './mail-servers.ts'

const day = 24 * 3600

/** Lets mail from domains that are parked wait for an hour: their owners hardly ever send any. */
export default definePolicy({
  name: 'parked',
  phase: 'mail',
  summary: 'Defer the first mail of a domain whose mail servers belong to a parking service for an hour.',
  options: z.strictObject({
    services: domainList.describe('The mail servers of parking services: `mx.parking.example`, or `*.parking.example`.'),
  }),
  reasons: {
    waiting: ['7.1', 'Please try again in an hour'],
  },
  facts: () => ({ mailServers }),
  async judge({ sender, options, facts, store, now }) {
    if (!sender || !facts.mailServers.names.some(name => options.services.find(name))) return pass()
    const first = await store.get<number>(sender.domain)
    if (first === undefined) await store.set(sender.domain, now.getTime(), 7 * day)
    return first !== undefined && now.getTime() - first >= 3600_000 ? pass() : defer('waiting')
  },
})
