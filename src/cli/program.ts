import { Command, CommanderError } from 'commander'
import { addCheck } from './check.ts'
import { addDkim } from './dkim.ts'
import { addDoctor } from './doctor.ts'
import { exitCodes } from './exit-codes.ts'
import { addExplain } from './explain.ts'
import { addPolicyDefault } from './policy-default.ts'
import { addPolicyList } from './policy-list.ts'
import { addRun } from './run.ts'
import { version } from './version.ts'
import { addWorker } from './workers/work.ts'

/** Runs the command that was asked for. Its exit code tells scripts how it went. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that has seen enough, such as `head`, closes the pipe.
  process.stdout.on('error', () => {})
  const program = new Command('postern')
    .description('A policy-focused anti-spam relay gateway for SMTP.')
    .version(version())
    .exitOverride()
  for (const add of [addRun, addWorker, addCheck, addExplain, addDkim, addDoctor]) add(program)
  const policy = program.command('policy').description('What is known of policies.')
  for (const add of [addPolicyList, addPolicyDefault]) add(policy)
  try {
    await program.parseAsync(argv)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Commander has said already what was wrong.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  }
}
