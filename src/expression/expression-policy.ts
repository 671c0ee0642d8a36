import { z } from 'zod'
import { evidenceKinds } from '../engine/evidence.ts'
import type { Fact } from '../engine/fact.ts'
import { type Phase, phases } from '../engine/phase.ts'
import { type AnyPolicy, definePolicy } from '../engine/policy.ts'
import { Expression } from './expression.ts'
import { Fault } from './fault.ts'
import { Language } from './language.ts'
import { readOutcome } from './outcome.ts'
import type { Everything } from './vocabulary.ts'

/** How much of an expression stands in each trace. */
const longestDetail = 200

/**
 * A policy whose rules are one line: a condition in CEL, which may mention these facts, and what to do when it is true.
 * It judges as soon as all is known that the line mentions.
 */
export function expressionPolicy(name: string, facts: readonly Fact[]): AnyPolicy {
  const options = optionsOf(facts)
  const policy: AnyPolicy = definePolicy({
    name,
    phase: 'message',
    summary: 'Do what one line says, when an expression about session, envelope and facts is true.',
    options,
    reasons: { matched: ['7.1', 'We do not take this message'] },
    facts: ({ when }: Options) => when.facts as Record<string, Fact<unknown, 'message'>>,
    judge: ({ options: { when, outcome }, facts, ...known }) =>
      when.holds(known as Everything, facts) ? outcome.verdict(when.text.slice(0, longestDetail)) : { action: 'pass' },
    specialise: ({ outcome, at, evidence }: Options) => ({
      ...policy,
      phase: at,
      evidence,
      reasons: { matched: outcome.reason },
    }),
  })
  return policy
}

const example = 'facts.reverseDns.status == "none" && facts.spf.result != "pass"'

const line = z
  .strictObject({
    when: z.string().describe('An expression in CEL that is true or false.'),
    // biome-ignore lint/suspicious/noThenProperty: it is the word that an administrator reads, and no promise
    then: z
      .string()
      .max(500)
      .describe('What to do then: `score 3`, `reject "5.7.1 We do not want this"`, `quarantine`, `accept`, `pass`.'),
    at: z.enum(phases).optional().describe('When it judges; without it, as soon as all is known that the expression mentions.'),
    evidence: z.enum(evidenceKinds).default('other').describe('What kind of evidence its points are.'),
  })
  // biome-ignore lint/suspicious/noThenProperty: as above
  .meta({ examples: [{ when: example, then: 'score 3' }] })

type Options = z.output<ReturnType<typeof optionsOf>>

function optionsOf(facts: readonly Fact[]) {
  // Made when the first rule is read: most configurations have none.
  let language: Language | undefined
  return line.transform((given, context) => {
    language ??= new Language(facts)
    const known = language
    const when = read('when', given.when, context, text => new Expression(text, known))
    const outcome = read('then', given.then, context, readOutcome)
    if (!when || !outcome) return z.NEVER
    const at = given.at ?? when.earliest
    if (at && when.isKnownAt(at)) return { when, outcome, at, evidence: given.evidence }
    complain(context, given.at, when)
    return z.NEVER
  })
}

type Context = z.core.$RefinementCtx

/** Reads a text, and tells where in it something is wrong. */
function read<T>(path: 'when' | 'then', text: string, context: Context, reader: (text: string) => T): T | undefined {
  try {
    return reader(text)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const { about } = error
    context.addIssue({ code: 'custom', path: [path], message: about.expected, input: text, params: { ...about } })
    return undefined
  }
}

/** It would judge before all is known that it mentions, or it mentions what is never known together. */
function complain(context: Context, at: Phase | undefined, when: Expression): void {
  const late = when.tooEarlyAt(at ?? 'message')
  if (!late) return
  if (at !== undefined && when.earliest !== undefined) {
    const message = `${when.earliest}${late.since === 'rcpt' ? '' : ' or later'}, since ${late.name} is known at ${late.since}`
    context.addIssue({ code: 'custom', path: ['at'], message, input: at })
    return
  }
  const expected = 'recipients, or `to:` beside `use:`, where something is mentioned that is known at message only'
  const params = { offset: late.offset, expected, found: `${late.name}, which is known at ${late.since} only` }
  context.addIssue({ code: 'custom', path: ['when'], message: expected, params })
}
