import { z } from 'zod'
import type { Fact } from '../engine/fact.ts'
import type { AnyPolicy } from '../engine/policy.ts'
import type { SourceDocument } from './document.ts'
import { check, problemAt, valueAt } from './issues.ts'
import { knownKeys } from './known-keys.ts'
import { readListFiles } from './list-files.ts'
import { loadPolicy } from './policies.ts'
import type { Checked, Path, Problem } from './problem.ts'
import { type RuleSettings, ruleSchema } from './rules.ts'

/** A rule as the configuration asks for it: its policy is loaded, and its options are checked. */
export interface PlannedRule {
  readonly name: string
  readonly policy: AnyPolicy
  readonly options: unknown
  /** Of all moments at which it judges. */
  readonly facts: Readonly<Record<string, Fact>>
  readonly settings: RuleSettings
  /** The files that hold lists of its options, and the administrator's files that its policy is made of: they count anew when they change. */
  readonly files: readonly string[]
  /** The administrator's file that its policy stands in; absent for a built-in one. */
  readonly file?: string
}

/** What rules are checked with. */
export interface RuleContext {
  readonly document: SourceDocument
  /** Where the list of rules stands in the document. */
  readonly at: Path
  /** Where the paths of policy files start. */
  readonly folder: string
  /** What we know of ourselves, for the policies that have an option of this name. */
  readonly ours: Ours
}

/** What the configuration fills in where an administrator has not said it himself. */
export interface Ours {
  /** Our host name, and the addresses that we listen on. */
  readonly ownNames: readonly string[]
  /** The domains that we relay for. */
  readonly ownDomains: readonly string[]
}

/** Checks a list of rules, each with the schema of its own policy. */
export async function planRules(context: RuleContext): Promise<Checked<PlannedRule[]>> {
  const list = check({ ...context, schema: z.array(z.unknown()) })
  if ('problems' in list) return list
  const taken = new Set<string>()
  const rules: PlannedRule[] = []
  const problems: Problem[] = []
  for (const index of list.value.keys()) {
    const at = [...context.at, index]
    const planned = await planRule({ ...context, at }, taken)
    if ('problems' in planned) problems.push(...planned.problems)
    else rules.push(planned.value)
  }
  return problems.length > 0 ? { problems } : { value: rules }
}

async function planRule(context: RuleContext, taken: Set<string>): Promise<Checked<PlannedRule>> {
  const { document, at, folder } = context
  const checked = check({ document, at, schema: ruleSchema })
  if ('problems' in checked) return checked
  const settings = checked.value
  const loaded = await loadPolicy(settings.use, folder)
  if ('expected' in loaded)
    return { problems: [{ ...problemAt(document, [...at, 'use'], loaded.expected, loaded.found), ...loaded.place }] }
  const checkedOptions = await checkOptions(loaded.policy, context)
  if ('problems' in checkedOptions) return checkedOptions
  const { options, files } = checkedOptions.value
  const policy = loaded.policy.specialise?.(options) ?? loaded.policy
  const facts = factsOf(policy, options)
  if (typeof facts === 'string') return { problems: [problemAt(document, at, 'a policy that knows its facts', facts)] }
  if (settings.name !== undefined && taken.has(settings.name)) {
    return { problems: [problemAt(document, [...at, 'name'], 'a name that no rule before has')] }
  }
  const name = settings.name ?? numbered(policy.name, taken)
  taken.add(name)
  const [file] = loaded.files
  return {
    value: { name, policy, options, facts, settings, files: [...files, ...loaded.files], ...(file !== undefined && { file }) },
  }
}

/** What the policy has to find out, or how it failed to say so: it may be a stranger's code. */
function factsOf(policy: AnyPolicy, options: unknown): Readonly<Record<string, Fact>> | string {
  try {
    return Object.assign({}, ...[...policy.also, policy].map(step => step.facts(options)))
  } catch (error) {
    return String(error)
  }
}

/** `dnsbl`, `dnsbl-2`, … */
function numbered(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name
  let number = 2
  while (taken.has(`${name}-${number}`)) number++
  return `${name}-${number}`
}

/** Options that were not given are none; list files are read, and what we know of ourselves is filled in for a policy that asks. */
async function checkOptions(
  policy: AnyPolicy,
  { document, at, folder, ours }: RuleContext,
): Promise<Checked<Pick<PlannedRule, 'options' | 'files'>>> {
  const schema: z.ZodType = policy.options
  const place = [...at, 'options']
  const lists = await readListFiles({ document, at: place, given: valueAt(document.data, place), folder })
  if ('problems' in lists) return lists
  const asked = new Set(knownKeys(schema, []))
  const given = complement(lists.value.given, Object.fromEntries(Object.entries(ours).filter(([name]) => asked.has(name))))
  const checked = check({ document, at: place, schema, given })
  if ('problems' in checked) return { problems: checked.problems.map(lists.value.locate) }
  return { value: { options: checked.value, files: lists.value.files } }
}

function complement(given: unknown, preset: Readonly<Record<string, unknown>>): unknown {
  if (given === undefined || given === null) return preset
  return typeof given === 'object' && !Array.isArray(given) ? { ...preset, ...given } : given
}
