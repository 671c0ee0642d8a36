import { Command, CommanderError } from 'commander'
import { addAccount } from './account.ts'
import { addCheck } from './check.ts'
import { addDkim } from './dkim.ts'
import { addDoctor } from './doctor.ts'
import { exitCodes } from './exit-codes.ts'
import { addExplain } from './explain.ts'
import { addPolicyDefault } from './policy-default.ts'
import { addPolicyList } from './policy-list.ts'
import { addPolicyNew } from './policy-new.ts'
import { addPolicyTest } from './policy-test.ts'
import { addQueue } from './queue.ts'
import { addReplay } from './replay.ts'
import { addRescue } from './rescue.ts'
import { addRoute } from './route.ts'
import { addRun } from './run.ts'
import { addShadow } from './shadow.ts'
import { addTlsReport } from './tls-report.ts'
import { addTrace } from './trace.ts'
import { addTraces } from './traces.ts'
import { version } from './version.ts'
import { addWorker } from './workers/work.ts'

const commands = [
  ...[addRun, addWorker, addCheck, addExplain, addTraces, addTrace, addRescue, addShadow, addReplay],
  ...[addRoute, addTlsReport, addAccount, addQueue, addDkim, addDoctor],
]

/** Runs the command that was asked for. Its exit code tells scripts how it went. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that has seen enough, such as `head`, closes the pipe.
  process.stdout.on('error', () => {})
  const program = new Command('postern')
    .description('A policy-focused anti-spam relay gateway for SMTP.')
    .version(version())
    .exitOverride()
  for (const add of commands) add(program)
  const policy = program.command('policy').description('Policies: those that there are, and your own.')
  for (const add of [addPolicyNew, addPolicyTest, addPolicyList, addPolicyDefault]) add(policy)
  try {
    await program.parseAsync(argv)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Commander has said already what was wrong.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  }
}
