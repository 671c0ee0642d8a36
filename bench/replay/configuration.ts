import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultRules } from '../../scripts/realworld/replay.ts'
import { readConfiguration } from '../../src/cli/startup.ts'
import type { Configuration } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'

/** What differs between the gateways of this bench. */
export interface Variant {
  readonly folder: string
  /** The name server; nobody unless told: a replay asks nobody. */
  readonly dns?: string
  readonly nextHop?: number
  /** What is changed in the default set. */
  readonly change?: (rules: string) => string
  readonly name?: string
}

/** The changes that are tried: a lower threshold, and a longer delay. */
export function changed(rules: string): string {
  return rules
    .replace('tagAt: 5, quarantineAt: 8, rejectAt: 12', 'tagAt: 4, quarantineAt: 6, rejectAt: 9')
    .replace('options: { dnswl: list.dnswl.org, forwarders', 'options: { delaySeconds: 600, dnswl: list.dnswl.org, forwarders')
}

/** Writes a configuration with the default set, as it is once its trial is over. */
export async function writeConfiguration({ folder, dns, nextHop = 25, change, name }: Variant): Promise<string> {
  const rules = await defaultRules()
  const file = join(folder, `${name ?? 'postern'}.yaml`)
  await writeFile(
    file,
    `hostname: mx.our.example
data: data
dns: { servers: ["${dns ?? '127.0.0.1:9'}"], timeoutMs: 10000, cache: false }
listen: [{ address: "127.0.0.1:0", proxyProtocol: [127.0.0.1] }]
relay: { our.example: { to: "smtp://127.0.0.1:${nextHop}" } }
limits: { greetDelayMs: 0, newPerMinute: 10000, refusalDelayMs: 0 }
rules:
${(change?.(rules) ?? rules).replaceAll(/^/gm, '  ')}
`,
  )
  return file
}

export async function configurationFor(variant: Variant): Promise<Configuration> {
  const read = await readConfiguration(await writeConfiguration(variant))
  if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'))
  return read.value
}
