import type { Field } from '../mail/header.ts'

/**
 * Named once more than they are there (RFC 6376, 8.15): whoever adds another one breaks the signature, and does not have
 * his own shown under our name.
 */
const oversigned = ['from', 'to', 'cc', 'subject', 'date', 'message-id', 'mime-version', 'content-type'] as const

/**
 * Signed where they are there. List-Unsubscribe must be (RFC 8058, 4), and CFBL-Address (RFC 9477, 3.1.3). Not Sender and the other
 * List- fields, which a mailing list rightly puts in place of ours, and not what is changed on the way, such as Received.
 */
const signed = [
  'reply-to',
  'in-reply-to',
  'references',
  'content-transfer-encoding',
  'content-disposition',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'cfbl-address',
  'cfbl-feedback-id',
  'feedback-id',
  'auto-submitted',
  'autocrypt',
  'openpgp',
] as const

/** More than any message has: a header that repeats its fields without end is not ours to vouch for. */
const mostNames = 100

/** The names of the fields that a signature of this header covers, with others if they are there; `undefined` if there are far too many. */
export function namesToSign(
  fields: readonly Pick<Field, 'name'>[],
  others: readonly string[] = [],
): readonly string[] | undefined {
  const counts = new Map<string, number>()
  for (const { name } of fields) counts.set(name, (counts.get(name) ?? 0) + 1)
  const repeated = (name: string, more: number) => Array<string>(Math.min(mostNames, counts.get(name) ?? 0) + more).fill(name)
  const names = [...oversigned.flatMap(name => repeated(name, 1)), ...[...signed, ...others].flatMap(name => repeated(name, 0))]
  return names.length > mostNames ? undefined : names
}
