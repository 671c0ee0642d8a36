import { readFile, writeFile } from 'node:fs/promises'
import type { Outcome } from './drill.ts'

/** What a drill has shown. */
export interface Result {
  readonly name: string
  readonly outcomes: readonly Outcome[]
  readonly skipped?: string
  readonly seconds: number
}

const page = new URL('../../docs/reliability.md', import.meta.url)
const markers = /(<!-- drills -->\n)[\s\S]*(<!-- end of drills -->)/

/** One line for each harm. */
export function table(results: readonly Result[]): string {
  const rows = results.flatMap(({ name, outcomes, skipped }) =>
    skipped === undefined ? outcomes.map(outcome => rowOf(name, outcome)) : [`| ${name} | not done: ${skipped} | | | skipped |`],
  )
  return ['| Drill | What was done | What clients saw | What is where | Result |', '|---|---|---|---|---|', ...rows].join('\n')
}

function rowOf(name: string, { done, clients, where, faults }: Outcome): string {
  const result = faults.length ? `**${faults.map(line).join('; ')}**` : 'ok'
  return `| ${[name, done, clients, where, result].map(cell => line(cell)).join(' | ')} |`
}

function line(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
}

/** Puts the table between the markers of docs/reliability.md. */
export async function writePage(results: readonly Result[]): Promise<void> {
  const date = new Date().toISOString().slice(0, 10)
  const head = `Written by \`npm run drill -- --write\` on ${date} with Node ${process.version}.`
  const text = await readFile(page, 'utf8')
  await writeFile(
    page,
    text.replace(markers, (_, before, after) => `${before}\n${head}\n\n${table(results)}\n\n${after}`),
  )
}
