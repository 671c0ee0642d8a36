import { z } from 'zod'
import { parseAddressPattern } from '../mail/address-pattern.ts'
import { milliseconds, parsed } from './parsed.ts'

/** One policy as the administrator has enabled it. What stands in `options` is checked by the policy itself. */
export const ruleSchema = z.strictObject({
  use: z
    .string()
    .min(1)
    .describe('The policy: the name of a built-in one, or the path of a file such as ./policies/local/mine.ts.'),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a name of lower-case letters, digits and hyphens')
    .optional()
    .describe(
      'What the rule is called in the log; without it, the policy’s name, with a number behind it when it is used again.',
    ),
  options: z.unknown().optional().describe('The options of the policy.'),
  mode: z
    .enum(['enforce', 'shadow'])
    .default('enforce')
    .describe('A rule in shadow mode is judged and traced, but does not count.'),
  to: z
    .array(parsed('an address, or all of a domain, such as "*@example.org"', parseAddressPattern))
    .min(1)
    .optional()
    .describe('The recipients it is for: bob@example.org, *@example.org, *@*.example.org; without it, all.'),
  as: z
    .enum(['mx', 'submission', 'any'])
    .default('mx')
    .describe('Whose mail it judges: that of strangers (mx), that of our own users and servers (submission), or all (any).'),
  always: z
    .boolean()
    .default(false)
    .describe('Whether it runs even after another rule has accepted the mail, and for postmaster.'),
  onError: z
    .enum(['pass', 'defer'])
    .optional()
    .describe('What happens to mail when the policy breaks or takes too long; without it, what the policy says.'),
  timeoutMs: milliseconds(10, 300_000).default(10_000).describe('How long it may take to judge, in milliseconds.'),
})

export type RuleSettings = z.output<typeof ruleSchema>
