import { definePolicy, pass, quarantine, reject, type Store, tag, z } from 'postern'

const dayMs = 24 * 60 * 60 * 1000
const tenYearsSeconds = 10 * 365 * 24 * 60 * 60

/** Turns the points of the rules before it into an outcome. */
export default definePolicy({
  name: 'score-limit',
  phase: 'message',
  summary: 'Tag, quarantine or refuse a message whose points have reached a limit.',
  sumsUp: true,
  options: z
    .strictObject({
      tagAt: z.number().positive().default(5).describe('The points from which on a message is delivered as doubtful.'),
      quarantineAt: z.number().positive().default(8).describe('The points from which on a message waits in quarantine.'),
      rejectAt: z.number().positive().default(12).describe('The points from which on a message is refused.'),
      kinds: z
        .number()
        .int()
        .min(1)
        .default(1)
        .describe(
          'So many kinds of evidence must bring a point each before a message is refused; with less it waits in quarantine.',
        ),
      trialDays: z
        .number()
        .min(0)
        .default(0)
        .describe(
          'So long after the first message, what would be refused waits in quarantine instead: time to see what would be lost.',
        ),
    })
    .refine(({ quarantineAt, rejectAt }) => quarantineAt <= rejectAt, {
      path: ['rejectAt'],
      error: 'expected at least as many points as quarantineAt',
    }),
  reasons: {
    high: ['7.1', 'This message looks like spam'],
    'would-be-refused': ['7.1', 'This message looks like spam'],
    suspicious: ['7.1', 'This message looks suspicious'],
    doubtful: ['7.1', 'This message looks doubtful'],
  },
  async judge({ tally, options, store, now }) {
    const isTrial = options.trialDays > 0 && now.getTime() - (await firstMessage(store, now)) < options.trialDays * dayMs
    const { score } = tally
    const kinds = Object.values(tally.evidence).filter(points => points >= 1).length
    const detail = `${score} points of ${kinds} kinds`
    if (score >= options.rejectAt && kinds >= options.kinds) {
      return isTrial
        ? quarantine('would-be-refused', `${detail}, in the first ${options.trialDays} days`)
        : reject('high', detail)
    }
    if (score >= options.quarantineAt) return quarantine('suspicious', detail)
    return score >= options.tagAt ? tag('doubtful', detail) : pass()
  },
})

/** When this rule judged for the first time, in milliseconds. */
async function firstMessage(store: Store, now: Date): Promise<number> {
  const first = await store.get<number>('first')
  if (first !== undefined) return first
  await store.set('first', now.getTime(), tenYearsSeconds)
  return now.getTime()
}
