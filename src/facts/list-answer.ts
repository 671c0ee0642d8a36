/**
 * Why an address in a list's answer is no listing; `undefined` when it is one.
 * Who reads every answer as a listing refuses all mail on the day the list has had enough of his questions.
 */
export function refusalToAnswer(code: string): string | undefined {
  if (code.startsWith('127.255.255.')) return `${code}: ${errorCodes.get(code) ?? 'the list refuses to answer'}`
  // RFC 5782, 2.3: listings are in 127.0.0.0/8. A parked domain answers with the address of a web server.
  return code.startsWith('127.') ? undefined : `${code}: no blocklist answers with such an address`
}

/** As Spamhaus defines them, and others after it. */
const errorCodes: ReadonlyMap<string, string> = new Map([
  ['127.255.255.252', 'there is no such list; is its zone misspelt?'],
  ['127.255.255.254', 'the list does not answer public resolvers; ask through a resolver of your own'],
  ['127.255.255.255', 'too many questions, or no permission to ask'],
])

/** A list's zone without the customer's key, which stands in front of it at Spamhaus DQS and Abusix. */
export function publicZone(zone: string): string {
  return zone.replace(/^.+?\.(?=[^.]+\.(?:dq\.spamhaus\.net|mail\.abusix\.zone)$)/, '')
}
