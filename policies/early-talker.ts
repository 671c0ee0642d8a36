import { definePolicy, pass, reject, score, type Violation, z } from 'postern'

const points = z.number().min(0)

/** Judges clients that do not wait for their turn, as programs do that only want to get rid of their mail. */
export default definePolicy({
  name: 'early-talker',
  phase: 'mail',
  summary: 'Add points for a client that talked before the greeting, or sent commands ahead before it was told that it may.',
  evidence: 'behaviour',
  options: z.strictObject({
    action: z.enum(['score', 'reject']).default('score').describe('Whether to add points, or to refuse the client.'),
    beforeGreeting: points.default(4).describe('Points for talking before our greeting.'),
    pipelining: points.default(3).describe('Points for sending commands ahead before EHLO was answered.'),
  }),
  reasons: {
    'talked-before-greeting': ['5.0', 'You talked before our greeting', 554],
    'pipelined-before-ehlo': ['5.0', 'You sent commands ahead before we offered PIPELINING', 554],
  },
  judge({ session, options }) {
    // Who talks before the greeting sends ahead as well: it is one offence, and only the first counts.
    const offences: readonly Violation[] = ['talked-before-greeting', 'pipelined-before-ehlo']
    const offence = offences.find(offence => session.violations.includes(offence))
    if (offence === undefined) return pass()
    if (options.action === 'reject') return reject(offence)
    return score(offence === 'talked-before-greeting' ? options.beforeGreeting : options.pipelining, offence)
  },
})
