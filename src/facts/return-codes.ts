import { z } from 'zod'
import { parseNetwork } from '../mail/network.ts'

/** Return codes of a list from one to another, both included, as numbers. */
export type CodeRange = readonly [first: number, last: number]

/** What a listing is worth: points by its return codes, or the same points whatever they are. */
export interface ListingWeight {
  readonly codes?: readonly { readonly range: CodeRange; readonly points: number }[] | undefined
  readonly points: number
}

const expected = 'expected return codes such as 127.0.0.2, or 127.0.0.4-127.0.0.7'

/** One return code of a list, or a range of them. */
export const codeRange = z.string().transform((text, context) => {
  const range = parseCodeRange(text)
  if (!range) context.addIssue({ code: 'custom', message: expected, input: text })
  return range ?? z.NEVER
})

/** Points for each return code of a list, or for a range of them. */
export const codeWeights = z.record(z.string(), z.number().min(0)).transform((codes, context) =>
  Object.entries(codes).flatMap(([text, points]) => {
    const range = parseCodeRange(text)
    if (!range) context.addIssue({ code: 'custom', message: expected, input: text, path: [text] })
    return range ? [{ range, points }] : []
  }),
)

/** Reads `127.0.0.2`, or `127.0.0.4-127.0.0.7`; `undefined` for anything else. */
function parseCodeRange(text: string): CodeRange | undefined {
  const [first = '', last = first] = text.split('-', 2).map(part => part.trim())
  if (!isCode(first) || !isCode(last)) return undefined
  return number(first) <= number(last) ? [number(first), number(last)] : undefined
}

export function isInRange(code: string, [first, last]: CodeRange): boolean {
  return first <= number(code) && number(code) <= last
}

/** What the return codes of one listing are worth. The heaviest counts: they are about the same address, or domain. */
export function weighCodes(found: readonly string[], { codes, points }: ListingWeight): number {
  if (!codes) return points
  const matching = codes.filter(({ range }) => found.some(code => isInRange(code, range)))
  return Math.max(0, ...matching.map(({ points }) => points))
}

function isCode(text: string): boolean {
  return text.startsWith('127.') && !text.includes('/') && parseNetwork(text) !== undefined
}

function number(code: string): number {
  return code.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
}
