import { readdir, readFile } from 'node:fs/promises'
import { parse, stringify } from 'yaml'
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
      rules.find(({ use }) => use === policy.name),
    ),
  )
  return `# Policies

The built-in policies, one file each in \`policies/\`. This page is written by \`npm run reference\`.

${sections.join('\n')}`
}

function section(policy: AnyPolicy, rule: DefaultRule | undefined): string {
  const parts = [
    `## ${policy.name}`,
    policy.summary,
    `Judges at \`${policy.phase}\`. ${factsOf(policy, rule)} If it breaks or takes too long: \`${policy.onError}\`.`,
    optionTable(policy),
    reasonTable(policy),
    rule ? 'In the default set:' : 'As a rule:',
    `\`\`\`yaml\n${stringify([rule ?? { use: policy.name }], { lineWidth: 110 }).trimEnd()}\n\`\`\``,
  ]
  return `${parts.join('\n\n')}\n`
}

function factsOf(policy: AnyPolicy, rule: DefaultRule | undefined): string {
  const facts: readonly { readonly name: string }[] = Object.values(policy.facts(policy.options.parse(rule?.options ?? {})))
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
  const reasons: Readonly<Record<string, Reason>> = policy.reasons
  const rows = Object.entries(reasons).map(
    ([name, [status, text, code = 550]]) => `| \`${name}\` | \`${code} 5.${status}\` | ${text} |`,
  )
  return ['| Reason | If it refuses | The sender then reads |', '|---|---|---|', ...rows].join('\n')
}
