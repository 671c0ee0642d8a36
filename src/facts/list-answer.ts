/** Return codes that are no listings, and what a list says by them. */
export type CodeMeanings = Readonly<Record<string, string>>

/**
 * Why a return code in a list's answer is no listing; `undefined` when it is one. `own` are the codes of this list.
 * Who reads every answer as a listing refuses all mail on the day the list has had enough of his questions.
 */
export function refusalToAnswer(code: string, own: CodeMeanings = {}): string | undefined {
  const meaning = own[code] ?? (code.startsWith('127.255.255.') ? (errorCodes[code] ?? 'the list refuses to answer') : undefined)
  if (meaning !== undefined) return `${code}: ${meaning}`
  // RFC 5782, 2.3: listings are in 127.0.0.0/8. A parked domain answers with the address of a web server.
  return code.startsWith('127.') ? undefined : `${code}: no list answers with such an address`
}

/** As Spamhaus defines them, and others after it. */
const errorCodes: CodeMeanings = {
  '127.255.255.252': 'there is no such list; is its zone misspelt?',
  '127.255.255.254': 'the list does not answer public resolvers; ask through a resolver of your own',
  '127.255.255.255': 'too many questions, or no permission to ask',
}

/**
 * A list's zone without the customer's key, which stands in front of it at Spamhaus DQS and Abusix; also when the rest of
 * the zone is misspelt.
 */
export function publicZone(zone: string): string {
  return zone.replace(/^.+?\.(?=[^.]+\.(?:dq\.spamhaus\.net|mail\.abusix\.zone)$)/, '').replace(/^[a-z0-9]{20,}\./, '')
}

/** Whether a list is one of Spamhaus, where those who are listed can read why. */
export function isSpamhaus(zone: string): boolean {
  return /\.spamhaus\.(?:org|net)$/.test(zone)
}
