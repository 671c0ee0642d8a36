import { defer, definePolicy, isSubmission, pass, type Store, score, z } from 'postern'
import { bounce } from 'postern/facts'

const points = z.number().min(0)

/** As it stands in a log or in the field itself: `<1@example.org>`, with or without brackets or the name of the field. */
const messageId = z.string().transform((text, context) => {
  const id = /^(?:message-id:\s*)?<?([^<>\s@]+@[^<>\s]+?)>?$/i.exec(text)?.[1]
  if (id !== undefined) return `<${id}>`
  context.addIssue({ code: 'custom', message: 'expected a Message-ID such as <1@example.org>', input: text })
  return z.NEVER
})

const options = z.strictObject({
  oneRecipient: z
    .boolean()
    .default(true)
    .describe('Whether a bounce may have one recipient only: it answers one message. Others are asked to come separately.'),
  sent: z
    .array(messageId)
    .prefault([])
    .transform(ids => new Set(ids))
    .describe(
      'The Message-IDs of what our users have sent in the last days, best in a file that your server writes. While there is none, no bounce is called forged.',
    ),
  days: z
    .number()
    .int()
    .min(0)
    .max(90)
    .default(10)
    .describe('For how many days the Message-IDs are remembered of what our users have sent through us; 0 is not at all.'),
  matched: points.default(2).describe('Points that are taken off an automatic answer to a message of ours.'),
  unmatched: points.default(3).describe('Points for an automatic answer to a message that we have not sent.'),
})

/** One message comes back to one sender. */
const atRcpt = definePolicy({
  name: 'null-sender',
  phase: 'rcpt',
  summary: 'Ask for one recipient only.',
  options,
  reasons: { 'one-recipient': ['5.3', 'A bounce has one recipient, please send to the others separately', 452] },
  judge: ({ sender, others, options }) =>
    sender === null && others.length > 0 && options.oneRecipient ? defer('one-recipient') : pass(),
})

/** Tells bounces of our own mail from those of mail that somebody has sent in our name. */
export default definePolicy({
  name: 'null-sender',
  phase: 'message',
  summary: 'Take bounces for one recipient at a time, and add points to those of messages that we have not sent.',
  evidence: 'history',
  options,
  reasons: {
    answer: ['7.0', 'Welcome'],
    'not-ours': ['7.1', 'This is a bounce of a message that we have not sent'],
  },
  also: [atRcpt],
  facts: () => ({ bounce }),
  async judge({ sender, options, store, facts: { bounce } }) {
    if (sender !== null) return pass()
    const ours = bounce.messageIds.find(id => options.sent.has(id)) ?? (await learned(bounce.messageIds, store))
    if (ours !== undefined) return score(-options.matched, 'answer', ours)
    // Receipts and absence notes have no sender either, and not all of them say what they answer.
    const isKnown = options.sent.size > 0 || (await store.get<number>(anything)) !== undefined
    return isKnown ? score(options.unmatched, 'not-ours') : pass()
  },
  async learn({ trace, options, store }) {
    const id = trace.message?.messageId?.match(/<[^<>\s]{1,998}>/)?.[0]
    const isSent = isSubmission(trace.session) && trace.recipients.some(({ outcome }) => outcome === 'delivered')
    if (options.days === 0 || id === undefined || !isSent) return []
    const seconds = options.days * 24 * 3600
    await store.set(`sent ${id}`, 1, seconds)
    await store.set(anything, 1, seconds)
    return []
  },
})

/** Something has been sent, so that what has not can be told. */
const anything = 'anything'

async function learned(ids: readonly string[], store: Store): Promise<string | undefined> {
  for (const id of ids) if ((await store.get<number>(`sent ${id}`)) !== undefined) return id
  return undefined
}
