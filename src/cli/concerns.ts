import type { Rule } from '../engine/rule.ts'
import { isFor } from '../engine/tally.ts'
import { type Address, parseAddress } from '../mail/address.ts'

/** Tells whether a rule judges mail for a recipient. Of a rule that there is no more, what it said is told. */
export function concernsOf(rules: readonly Rule[], isExempt: (recipient: Address) => boolean) {
  return (name: string, address: string): boolean => {
    const rule = rules.find(rule => rule.name === name)
    const recipient = parseAddress(address) ?? { local: address, domain: '' }
    return rule === undefined || (isFor(rule, recipient) && (rule.always || !isExempt(recipient)))
  }
}
