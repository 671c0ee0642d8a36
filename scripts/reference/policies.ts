import { readdir, readFile } from 'node:fs/promises'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import type { AnyPolicy, Reason } from '../../src/engine/policy.ts'
import { optionRows } from './options.ts'

const folder = new URL('../../policies/', import.meta.url)

interface DefaultRule {
  readonly use: string
  readonly options?: object
}

/** The reference of the built-in policies, from their own definitions. */
export async function policiesPage(): Promise<string> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.ts'))
  const modules: { readonly default: AnyPolicy }[] = await Promise.all(files.map(file => import(new URL(file, folder).href)))
  const rules: readonly DefaultRule[] = parse(await readFile(new URL('default.yaml', folder), 'utf8'))
  const sections = modules.map(({ default: policy }) =>
    section(
      policy,
      rules.filter(({ use }) => use === policy.name),
    ),
  )
  return `# Policies

The built-in policies, one file each in \`policies/\`. This page is written by \`npm run reference\`.

${sections.join('\n')}`
}

function section(policy: AnyPolicy, inForce: readonly DefaultRule[]): string {
  const [rule] = inForce
  const parts = [
    `## ${policy.name}`,
    policy.summary,
    `Judges ${momentOf(policy)}. ${factsOf(policy, rule)} ${pointsOf(policy)}If it breaks or takes too long: \`${policy.onError}\`.`,
    optionTable(policy),
    reasonTable(policy),
    rule ? 'In the default set:' : 'As a rule:',
    `\`\`\`yaml\n${stringify(rule ? inForce : [{ use: policy.name, ...exampleOf(policy) }], { lineWidth: 110 }).trimEnd()}\n\`\`\``,
  ]
  return `${parts.join('\n\n')}\n`
}

/** The policy at all moments at which it judges, in their order. */
function steps(policy: AnyPolicy): readonly AnyPolicy[] {
  return [...policy.also, policy]
}

function momentOf(policy: AnyPolicy): string {
  return policy.specialise ? 'when its options say' : `at ${phasesOf(policy)}`
}

/** Options, for a policy that is nothing without them. */
function exampleOf({ options }: AnyPolicy): { readonly options?: object } {
  const [example] = z.toJSONSchema(options, { io: 'input' }).examples ?? []
  return example ? { options: example as object } : {}
}

function phasesOf(policy: AnyPolicy): string {
  return steps(policy)
    .map(({ phase }) => `\`${phase}\``)
    .join(' and ')
}

function pointsOf({ evidence }: AnyPolicy): string {
  return evidence === 'other' ? '' : `Its points are evidence of the kind \`${evidence}\`. `
}

function factsOf(policy: AnyPolicy, rule: DefaultRule | undefined): string {
  if (policy.specialise) return 'Needs the facts that its options mention.'
  const options = policy.options.parse(rule?.options ?? {})
  const facts: readonly { readonly name: string }[] = steps(policy).flatMap(step => Object.values(step.facts(options)))
  const names = new Set(facts.map(({ name }) => name.replace(/\(.*/, '')))
  if (names.size === 0) return 'Needs no facts.'
  return `Needs ${[...names].map(name => `[${name}](facts.md#${name})`).join(', ')}.`
}

function optionTable(policy: AnyPolicy): string {
  const rows = optionRows(policy.options).map(
    ({ name, type, initial, description }) => `| \`${name}\` | ${type} | ${initial} | ${description} |`,
  )
  return rows.length > 0
    ? ['| Option | Type | Default | Meaning |', '|---|---|---|---|', ...rows].join('\n')
    : 'It has no options.'
}

/** What a refusal for each reason would look like; most reasons only come with points. */
function reasonTable(policy: AnyPolicy): string {
  const reasons: Readonly<Record<string, Reason>> = Object.assign({}, ...steps(policy).map(step => step.reasons))
  const rows = Object.entries(reasons).map(([name, [status, text, code = 550]]) =>
    // 7.0 is what praise has.
    status === '7.0' ? `| \`${name}\` | never | |` : `| \`${name}\` | \`${code} ${code < 500 ? 4 : 5}.${status}\` | ${text} |`,
  )
  return ['| Reason | If it refuses | The sender then reads |', '|---|---|---|', ...rows].join('\n')
}
