import { z } from 'zod'
import { parseDomain } from '../mail/address.ts'
import { parseNetwork } from '../mail/network.ts'

/** Text that stands for something else. When `parse` cannot read it, the problem says what was expected. */
export function parsed<T>(expected: string, parse: (text: string) => T | undefined) {
  return z.string().transform((text, context) => {
    const value = parse(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: expected })
    return z.NEVER
  })
}

/** An address or a range of addresses. */
export const network = parsed('an address or a network, such as 10.0.0.0/8', parseNetwork)

/** A domain name, in its canonical form. */
export function domain(expected: string) {
  return parsed(expected, text => {
    const name = parseDomain(text)
    return name?.startsWith('[') ? undefined : name
  })
}

/** A time to wait, in milliseconds. */
export function milliseconds(least: number, most: number) {
  return z.int().min(least).max(most)
}
