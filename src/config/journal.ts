import { z } from 'zod'

const GiB = 2 ** 30

/** What is kept of the transactions. `off`: nothing. */
export const journalSchema = z.union(
  [
    z.literal('off'),
    z.strictObject({
      days: z.number().positive().max(3650).default(30).describe('How long each transaction is kept, in days.'),
      bytes: z
        .int()
        .min(2 ** 20)
        .max(2 ** 40)
        .default(GiB)
        .describe('How large the journal may be, in bytes: beyond that the oldest transactions are taken out.'),
      private: z
        .boolean()
        .default(false)
        .describe(
          'Whether persons are not to be found in it: the part before the @ of every address is a pseudonym, and there are no subjects.',
        ),
    }),
  ],
  { error: '`off`, or a mapping of days, bytes and private' },
)
