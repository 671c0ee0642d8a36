import { type Address, definePolicy, formatAddress, pass, quarantine, reject, score, z } from 'postern'
import { type HeadersFinding, headers } from 'postern/facts'

const points = z.number().min(0)
const dayMs = 24 * 60 * 60 * 1000

type Sign = 'no-message-id' | 'from-the-future' | 'no-date' | 'not-addressed'

/** Judges the header by what RFC 5322 asks of it, and by what programs write that are made for nothing but sending. */
export default definePolicy({
  name: 'header-sanity',
  phase: 'message',
  summary:
    'Refuse a message of which nobody can tell who has written it, and add points for a header that no mail program writes.',
  evidence: 'header',
  options: z.strictObject({
    from: z
      .enum(['reject', 'quarantine', 'pass'])
      .default('reject')
      .describe('What to do with a message that has several From fields, or none although it has a sender.'),
    ambiguous: z
      .enum(['reject', 'quarantine', 'pass'])
      .default('quarantine')
      .describe('What to do with a message whose From field different programs would read in different ways.'),
    noDate: points.default(0.5).describe('Points for a message without a date.'),
    noMessageId: points.default(1).describe('Points for a message without a Message-ID.'),
    future: points.default(1).describe('Points for a date that is more than a day ahead.'),
    notAddressed: points.default(0.3).describe('Points when none of its recipients stands in To or Cc.'),
  }),
  reasons: {
    'several-from': ['6.0', 'This message must have one From field'],
    'ambiguous-from': ['6.0', 'It is not clear who has written this message: its From field can be read in several ways'],
    'no-date': ['6.0', 'This message has no date'],
    'no-message-id': ['6.0', 'This message has no Message-ID'],
    'from-the-future': ['6.0', 'The date of this message is in the future'],
    'not-addressed': ['6.0', 'None of its recipients stands in the header of this message'],
  },
  facts: () => ({ headers }),
  judge({ sender, recipients, now, options, facts: { headers } }) {
    // A bounce that names nobody says nothing that anybody could have forged.
    const mayLackFrom = sender === null && headers.fromFields === 0 && !headers.namesSender
    if (headers.fromFields !== 1 && !mayLackFrom && options.from !== 'pass') {
      const verdict = options.from === 'reject' ? reject : quarantine
      return verdict('several-from', `${headers.fromFields} From fields`)
    }
    if (headers.isFromAmbiguous && options.ambiguous !== 'pass') {
      return options.ambiguous === 'reject' ? reject('ambiguous-from') : quarantine('ambiguous-from')
    }
    const weights = {
      'no-message-id': options.noMessageId,
      'from-the-future': options.future,
      'no-date': options.noDate,
      'not-addressed': options.notAddressed,
    }
    const signs = signsOf(headers, recipients, now).filter(sign => weights[sign] > 0)
    const [heaviest] = signs.toSorted((a, b) => weights[b] - weights[a])
    const sum = signs.reduce((sum, sign) => sum + weights[sign], 0)
    return heaviest === undefined ? pass() : score(sum, heaviest, signs.join(', '))
  },
})

function signsOf(headers: HeadersFinding, recipients: readonly Address[], now: Date): Sign[] {
  const { date, messageId, addressees } = headers
  const isAhead = Date.parse(date ?? '') > now.getTime() + dayMs
  const isAddressed = recipients.some(recipient => addressees.includes(formatAddress(recipient).toLowerCase()))
  return [
    ...(messageId === undefined ? (['no-message-id'] as const) : []),
    ...(isAhead ? (['from-the-future'] as const) : []),
    ...(date === undefined ? (['no-date'] as const) : []),
    ...(isAddressed ? [] : (['not-addressed'] as const)),
  ]
}
