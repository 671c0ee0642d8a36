import type { z } from 'zod'

type Issue = z.core.$ZodIssue

/** What a schema wanted instead, in words: "a whole number", "one of enforce, observe", "at most 100". */
export function nameExpected(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return bound(issue, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)
    case 'too_big':
      return bound(issue, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`
    case 'invalid_union':
      return nameAlternatives(issue)
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues[0] ? nameExpected(issue.issues[0]) : issue.message
    default:
      return nameMessage(issue)
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  null: 'nothing',
}

const units: Readonly<Record<string, string>> = { string: ' character', array: ' item', set: ' item' }

function bound(issue: { readonly origin: string }, relation: string, limit: number | bigint): string {
  const unit = units[issue.origin]
  return `${relation} ${limit}${unit ? unit + (limit === 1 ? '' : 's') : ''}`
}

function nameAlternatives(issue: z.core.$ZodIssueInvalidUnion): string {
  if ('options' in issue && Array.isArray(issue.options)) return `one of ${issue.options.map(String).join(', ')}`
  const alternatives = issue.errors.flatMap(([first]) => (first ? [nameExpected(first)] : []))
  return [...new Set(alternatives)].join(' or ') || issue.message
}

/** A check of our own says what it expects in its message: "a network, such as 10.0.0.0/8". What was found is told elsewhere. */
function nameMessage(issue: Issue): string {
  return issue.message
    .replace(/, found .*$/s, '')
    .replace(/^(Invalid (input|string): )?(expected|must (be|match)) /i, '')
    .replace(/\.$/, '')
}
