// Whoever reads Authentication-Results believes us. Some of what stands in it was written by the sender: so nothing but
// letters, digits and a few harmless signs stands there without quotes, and nothing ends a quoted string but its end.

// A dot-atom (RFC 5322, 3.2.3) besides, which is what Received-SPF wants.
const harmless = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/
const mostCharacters = 255

/** A value (RFC 8601, 2.2; RFC 2045, 5.1): as it is, or quoted if there is anything in it that could be misread. */
export function value(text: string): string {
  return harmless.test(text) && text.length <= mostCharacters ? text : quoted(text)
}

/** A quoted string (RFC 5322, 3.2.4), without the signs by which it could be taken to be over. */
export function quoted(text: string): string {
  return `"${text
    .slice(0, mostCharacters)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .replaceAll(/["\\;()]/g, '_')}"`
}
