import { defer, definePolicy, pass, score, z } from 'postern'
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
  judge({ sender, options, facts: { bounce } }) {
    if (sender !== null) return pass()
    const ours = bounce.messageIds.find(id => options.sent.has(id))
    if (ours !== undefined) return score(-options.matched, 'answer', ours)
    // Receipts and absence notes have no sender either, and not all of them say what they answer.
    return options.sent.size > 0 ? score(options.unmatched, 'not-ours') : pass()
  },
})
