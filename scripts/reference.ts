// Writes docs/reference from the policies, facts and metrics themselves. With --check it writes nothing, and fails if a page is stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { factsPage } from './reference/facts.ts'
import { metricsPage } from './reference/metrics.ts'
import { policiesPage } from './reference/policies.ts'

const folder = new URL('../docs/reference/', import.meta.url)
const pages: Readonly<Record<string, string>> = {
  'policies.md': await policiesPage(),
  'facts.md': await factsPage(),
  'metrics.md': await metricsPage(),
}

await mkdir(folder, { recursive: true })
for (const [name, text] of Object.entries(pages)) {
  const file = new URL(name, folder)
  if (!process.argv.includes('--check')) await writeFile(file, text)
  else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error(`docs/reference/${name} is stale: run npm run reference`)
    process.exitCode = 1
  }
}
