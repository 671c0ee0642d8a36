import { readdir, readFile } from 'node:fs/promises'

const folder = new URL('../../src/facts/', import.meta.url)

/** The reference of facts: what each finds, since when, and the type of what it finds, in the words of its source. */
export async function factsPage(): Promise<string> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.ts')).sort()
  const sources = await Promise.all(files.map(file => readFile(new URL(file, folder), 'utf8')))
  return `# Facts

What policies can know: \`import { … } from 'postern/facts'\`. Facts are looked up once, as early as they can be, and all at the
same time. "Could not find out" is a finding of its own. This page is written by \`npm run reference\`.

${sources.flatMap(section).join('\n')}`
}

// A definition ends where the first line begins with a brace.
const definition =
  /\/\*\* (?<summary>(?:(?!\*\/).)*) \*\/\nexport (?:const|function) (?<name>\w+)(?<parameters>\(\w*)?(?:(?!\n\}).)*?name: ['`](?<fact>[\w-]+)(?:(?!\n\}).)*?since: '(?<since>\w+)'/s
const finding = /^export interface \w+Finding \{\n[\s\S]*?^\}$/m

/** The section of a fact, if the file defines one. */
function section(source: string): string[] {
  const groups = definition.exec(source)?.groups
  if (!groups) return []
  const { summary, name, parameters, fact, since } = groups
  return [
    `## ${fact}

${summary}

\`${name}${parameters ? `${parameters})` : ''}\`, known since \`${since}\`.

\`\`\`ts
${finding.exec(source)?.[0]}
\`\`\`
`,
  ]
}
