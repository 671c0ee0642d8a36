import { definePolicy, pass, score, z } from 'postern'
import { reverseDns } from 'postern/facts'

const points = z.number().min(0)

/** Scores clients by the name of their address. */
export default definePolicy({
  name: 'reverse-dns',
  phase: 'connect',
  summary: 'Add points for a client whose address has no name, a name that leads elsewhere, or a name for customers.',
  evidence: 'ip-identity',
  options: z.strictObject({
    none: points.default(2).describe('Points for an IPv4 address without a name.'),
    noneIpv6: points.default(3).describe('Points for an IPv6 address without a name: nobody sends mail from IPv6 by accident.'),
    unconfirmed: points.default(1.5).describe('Points when no name of the address leads back to it.'),
    dynamic: points.default(2).describe('Points for a name that the provider gives to addresses that change hands.'),
    generic: points.default(1).describe('Points for a name that is made from the address.'),
  }),
  reasons: {
    none: ['7.25', 'Your address {client} has no name in the reverse DNS'],
    unconfirmed: ['7.25', 'No name of your address {client} leads back to it'],
    dynamic: ['7.1', 'Your address {client} has the name of a dial-up customer'],
    generic: ['7.1', 'Your address {client} has no name of its own'],
  },
  facts: () => ({ reverseDns }),
  judge({ session, options, facts: { reverseDns } }) {
    if (session.listener === 'submission') return pass()
    const { status, name, pattern } = reverseDns
    if (status === 'none') return score(session.client.ip.includes(':') ? options.noneIpv6 : options.none, 'none')
    if (status === 'temperror') return pass()

    // They are signs of one thing, a machine that nobody has set up to send mail: the strongest counts.
    const signs = [
      ...(status === 'unconfirmed' ? (['unconfirmed'] as const) : []),
      ...(pattern === 'dynamic' || pattern === 'generic' ? [pattern] : []),
    ]
    const [worst] = signs.toSorted((a, b) => options[b] - options[a])
    return worst === undefined ? pass() : score(options[worst], worst, name)
  },
})
