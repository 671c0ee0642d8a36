import { definePolicy, pass, score, z } from 'postern'
import { dnswl, listZone, publicZone } from 'postern/facts'

const points = z.number().max(0)

const list = z.strictObject({
  zone: listZone('good addresses').describe('The zone to ask, for example `list.dnswl.org`.'),
})

/** Speaks for clients that lists of known mail servers trust. */
export default definePolicy({
  name: 'dnswl',
  phase: 'connect',
  summary: 'Take points off for a client that is in a DNS list of known mail servers.',
  evidence: 'ip-reputation',
  options: z.strictObject({
    lists: z
      .array(list)
      .prefault([])
      .describe('The lists to ask, all at once. Of several that know the client, the one that trusts it most counts.'),
    low: points.default(-0.2).describe('Points for a client that seldom sends spam.'),
    medium: points.default(-1).describe('Points for a client that hardly ever sends spam.'),
    high: points.default(-2).describe('Points for a client that never sends spam.'),
  }),
  reasons: { trusted: ['7.1', 'Your address {client} is in a list of known mail servers'] },
  facts: ({ lists }) => Object.fromEntries(lists.map(({ zone }) => [zone, dnswl(zone)])),
  judge({ session, options, facts }) {
    if (session.listener === 'submission') return pass()
    const listings = options.lists.flatMap(({ zone }) => {
      const { status, trust = 'none', codes = [] } = facts[zone] ?? {}
      const isTrusted = status === 'listed' && trust !== 'none'
      return isTrusted ? [{ points: options[trust], what: `${publicZone(zone)} ${codes.join(' ')}, trust ${trust}` }] : []
    })
    const [best] = listings.toSorted((a, b) => a.points - b.points)
    return best === undefined || best.points === 0 ? pass() : score(best.points, 'trusted', best.what)
  },
})
