import type { SignedField } from '../signed-header.ts'

const address = "[\\w!#$%&'*+/=?^`{|}~.-]+@[A-Za-z0-9.-]+"
const name = '(?:"[^"\\\\<>@]*"[ \\t]*|[^ \\t"\\\\<>@(),:;[\\]][^"\\\\<>@(),:;[\\]]*)?'

/**
 * A name, in quotes or not, and an address in angle brackets, or an address alone. Nothing in it can be read in two ways, so
 * that every program finds the same one. No part can begin with what the one before it may end with: it is linear.
 */
const mailbox = new RegExp(`^[ \\t]*(?:${name}<(${address})>|(${address}))[ \\t]*$`)

const control = /[\x00-\x08\x0a-\x1f\x7f]/

/** The address in a From field; `undefined` when the field is not a usual one. */
export function readUsualAuthor({ text }: SignedField): string | undefined {
  // A line that does not begin with white space belongs to the field, but not to what is read: its line end is left, as a control.
  const value = text
    .replace(/\r\n$/, '')
    .slice(text.indexOf(':') + 1)
    .replaceAll(/\r\n(?=[ \t])/g, '')
  const [, inAngles, alone] = (!control.test(value) && mailbox.exec(value)) || []
  return inAngles ?? alone
}
