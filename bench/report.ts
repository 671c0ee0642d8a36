import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeMachine, type Machine } from './machine.ts'
import type { Options } from './options.ts'
import { page } from './place.ts'
import type { Results } from './rounds.ts'
import { type Section, sections } from './sections.ts'

interface Context {
  readonly options: Options
  /** As it was typed. */
  readonly command: string
}

/** Prints the tables, keeps them, and tells by the exit code whether mail was lost, doubled or changed. */
export function report(results: Results, { options, command }: Context): number {
  const machine = describeMachine()
  const at = new Date()
  const all = sections(results)
  const caption = captionOf(machine, { at, command })
  const text = [`# ${caption}`, ...all.map(({ group, text }) => `## ${group}\n\n${text}`), legend].join('\n\n')
  console.log(`\n${text}`)
  keep(options.out, at, { md: `${text}\n`, json: `${JSON.stringify({ at, command, machine, ...results }, undefined, 1)}\n` })
  if (options.doesWrite)
    writeFileSync(
      page,
      all.reduce((text, section) => withSection(text, section, caption), readFileSync(page, 'utf8')),
    )
  const faults = results.samples.filter(({ faults }) => faults.length > 0)
  for (const { cell, peer, faults: what } of faults) console.error(`${peer} under ${cell}: ${what.join('; ')}`)
  return faults.length > 0 ? 1 : 0
}

const legend =
  '(×): compared with the floor of its kind. busy cores: the peer + generator, sink and name server. ~: something else on the machine took more than 0.15 cores.'

function captionOf(
  { processor, cores, memoryGiB, system, node, commit }: Machine,
  { at, command }: { readonly at: Date; readonly command: string },
): string {
  return `${at.toISOString().slice(0, 10)}, ${commit}, Node ${node}, ${cores} × ${processor}, ${memoryGiB} GiB, ${system}: \`${command}\``
}

function keep(folder: string, at: Date, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true })
  const name = at.toISOString().slice(0, 19).replaceAll(':', '')
  for (const [ending, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.${ending}`), text)
  console.log(`\nkept as ${join(folder, name)}.md and .json`)
}

/** Puts a section between its markers. Throws when the page has none. */
export function withSection(text: string, { group, text: tables }: Section, caption: string): string {
  const [begin, end] = [`<!-- bench ${group} -->`, `<!-- /bench ${group} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`docs/performance.md has no ${begin} with ${end} behind it`)
  return `${text.slice(0, from + begin.length)}\n${caption}\n\n${tables}\n${text.slice(to)}`
}
