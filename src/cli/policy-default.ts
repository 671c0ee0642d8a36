import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { defaultRulesFile } from '../config/policies.ts'

/** `postern policy default`: the rules that judge when a configuration has none, as they could stand in it. */
export function addPolicyDefault(policy: Command): void {
  policy
    .command('default')
    .description('Print the default rules, to be put under `rules:` and changed.')
    .action(async () => {
      const rules = await readFile(defaultRulesFile, 'utf8')
      process.stdout.write(rules.replaceAll(/^(?=.)/gm, '  '))
    })
}
