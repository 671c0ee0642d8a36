import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { prepareName } from '../accounts/prepare.ts'
import { storeFile } from '../config/data-folder.ts'
import { partOf } from '../engine/store.ts'
import { visible } from '../report/visible.ts'
import { openSqliteStore } from '../world/sqlite-store.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { complain, configOption, readConfiguration } from './startup.ts'

/** So long a rule remembers that an account was released: longer than any rule holds one. */
const rememberedSeconds = 90 * 24 * 3600

/** `postern account release`: a rule has stopped an account, and its owner is in control of it again. */
export function addAccountRelease(account: Command): void {
  account
    .command('release')
    .description('Let an account send again that the rule `breaker` has stopped; give it another password before.')
    .argument('<name>', 'the account')
    .option(...configOption)
    .action(async (name: string, { config }: { readonly config?: string }) => {
      process.exitCode = await release(name, config)
    })
}

/** The running gateway has the same store: it sees it with the next message. */
async function release(given: string, config: string | undefined): Promise<ExitCode> {
  const checked = await readConfiguration(config)
  if ('problems' in checked) {
    complain(checked.problems)
    return exitCodes.usage
  }
  const { rules, data } = checked.value
  const breakers = rules.filter(({ policy }) => policy.name === 'breaker')
  if (breakers.length === 0) return fail('no rule uses the policy breaker')
  if (!existsSync(storeFile(data))) return fail(`${storeFile(data)}: there is no store yet, so no account has been stopped`)
  const now = new Date()
  const store = openSqliteStore(storeFile(data), () => now)
  try {
    const name = prepareName(given) ?? given
    for (const rule of breakers) await partOf(store, rule.name).set(`released ${name}`, now.getTime(), rememberedSeconds)
  } finally {
    store.close()
  }
  return exitCodes.ok
}

function fail(why: string): ExitCode {
  process.stderr.write(`${visible(why)}\n`)
  return exitCodes.failed
}
