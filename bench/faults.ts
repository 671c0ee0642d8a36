import type { LoadCell } from './cells.ts'
import type { Outcome } from './generator.ts'
import type { SinkCounts } from './surroundings.ts'

/**
 * What the sink has must be what the generator was told: as many messages, for the same recipients, with the same number
 * of octets. Whoever heard no answer may find the message delivered all the same (RFC 5321, 4.5.3.2.6), so after errors more
 * is no fault.
 */
export function faults(
  { isRefused }: Pick<LoadCell, 'isRefused'>,
  outcome: Outcome,
  { before, after }: { readonly before: SinkCounts; readonly after: SinkCounts },
): string[] {
  const came = (what: 'messages' | 'body' | 'numbers' | 'squares') => after[what] - before[what]
  const accepted = isRefused ? 0 : outcome.messages
  const answered = outcome.errors + outcome.unfinished === 0
  if (came('messages') < accepted) return [`${accepted} accepted, ${came('messages')} arrived: lost`]
  if (!answered) return []
  if (came('messages') > accepted) return [`${accepted} accepted, ${came('messages')} arrived: doubled`]
  return [
    ...(came('body') === accepted * outcome.bodyBytes
      ? []
      : [`${accepted * outcome.bodyBytes} octets sent, ${came('body')} arrived`]),
    ...(came('numbers') === outcome.numbers && came('squares') === outcome.squares
      ? []
      : ['the recipients are not those of what was accepted']),
  ]
}
