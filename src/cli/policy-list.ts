import type { Command } from 'commander'
import { builtInNames, loadPolicy } from '../config/policies.ts'
import { phases } from '../engine/phase.ts'
import { alignRows } from '../report/table.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { exitCodes } from './exit-codes.ts'

/** `postern policy list`: what comes with Postern. */
export function addPolicyList(policy: Command): void {
  policy
    .command('list')
    .description('List the built-in policies, with the phases in which they judge.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { readonly json?: true }) => {
      process.exitCode = await listPolicies({ json: json ?? false })
    })
}

async function listPolicies({ json }: { readonly json: boolean }) {
  const policies = []
  for (const use of await builtInNames()) {
    const loaded = await loadPolicy(use, '.')
    if ('expected' in loaded) throw new Error(`The built-in policy ${use} does not load: ${loaded.found}`)
    const { name, phase, also, summary, specialise } = loaded.policy
    // A policy that its options make what it is may judge at any of them.
    policies.push({ name, phase, phases: specialise ? phases : [...also.map(step => step.phase), phase], summary })
  }
  const moments = (own: readonly string[]) => (own.length === phases.length ? 'any' : own.join(' '))
  const lines = alignRows(policies.map(({ name, phases, summary }) => [name, moments(phases), summary]))
  process.stdout.write(json ? `${visibleJson(policies, 2)}\n` : lines.map(line => `${visible(line)}\n`).join(''))
  return exitCodes.ok
}
