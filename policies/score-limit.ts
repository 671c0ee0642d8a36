import { definePolicy, pass, quarantine, reject, z } from 'postern'

/** Turns the points of the rules before it into an outcome. */
export default definePolicy({
  name: 'score-limit',
  phase: 'message',
  summary: 'Quarantine or refuse a message whose points have reached a limit.',
  options: z
    .strictObject({
      quarantineAt: z.number().positive().default(8).describe('The points from which on a message waits in quarantine.'),
      rejectAt: z.number().positive().default(12).describe('The points from which on a message is refused.'),
    })
    .refine(({ quarantineAt, rejectAt }) => quarantineAt <= rejectAt, {
      path: ['rejectAt'],
      error: 'expected at least as many points as quarantineAt',
    }),
  reasons: {
    high: ['7.1', 'This message looks like spam'],
    suspicious: ['7.1', 'This message looks suspicious'],
  },
  judge({ tally, options }) {
    // Sums of tenths are not exact: 7.999999999999999 is eight.
    const score = Number(tally.score.toFixed(3))
    if (score >= options.rejectAt) return reject('high', `${score} points`)
    if (score >= options.quarantineAt) return quarantine('suspicious', `${score} points`)
    return pass()
  },
})
