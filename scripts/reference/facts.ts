import { readdir, readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Fact } from '../../src/engine/fact.ts'
import * as facts from '../../src/facts/index.ts'
import { fieldRows } from './fields.ts'

const folder = new URL('../../src/facts/', import.meta.url)

/** The reference of facts: what each finds, since when, and what its fields can be, by its own schema. */
export async function factsPage(): Promise<string> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.ts')).sort()
  const sources = await Promise.all(files.map(file => readFile(new URL(file, folder), 'utf8')))
  return `# Facts

What policies can know: \`import { … } from 'postern/facts'\`, and [rules that are one line](../one-line-rules.md) as
\`facts.reverseDns\`. Facts are looked up once, as early as they can be, and all at the same time. "Could not find out" is a
finding of its own. This page is written by \`npm run reference\`.

${sources.flatMap(section).join('\n')}`
}

// A definition ends where the first line begins with a brace.
const definition =
  /\/\*\* (?<summary>(?:(?!\*\/).)*) \*\/\nexport (?:const|function) (?<name>\w+)(?<parameters>\(\w*)?(?:(?!\n\}).)*?name: ['`](?<fact>[\w-]+)(?:(?!\n\}).)*?since: '(?<since>\w+)'/s

/** The section of a fact, if the file defines one. */
function section(source: string): string[] {
  const groups = definition.exec(source)?.groups
  if (!groups) return []
  const { summary, name = '', parameters, fact, since } = groups
  const rows = fieldRows(z.toJSONSchema(schemaOf(name), { io: 'output' }))
  return [
    `## ${fact}

${summary}

\`${name}${parameters ? `${parameters})` : ''}\`, known since \`${since}\`.${parameters ? '' : ` In one line: \`facts.${name}\`.`}

| Field | Type | Meaning |
|---|---|---|
${rows.map(({ name, type, meaning }) => `| ${name} | ${type} | ${meaning} |`).join('\n')}
`,
  ]
}

/** Facts about a list are made for each list: they all find the same. */
function schemaOf(name: string): z.ZodType {
  const known: unknown = Object.entries(facts).find(([exported]) => exported === name)?.[1]
  const fact = (typeof known === 'function' ? known('example.org') : known) as Fact
  if (!fact?.schema) throw new Error(`The fact ${name} has no schema`)
  return fact.schema
}
