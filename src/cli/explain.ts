import type { Command } from 'commander'
import { rulebook } from '../engine/rule.ts'
import { findFlips } from '../report/counterfactual.ts'
import { explain as explainTrace } from '../report/explain.ts'
import { rehearse, type Scene } from '../report/rehearsal.ts'
import { withRecordedFacts } from '../report/replay.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { concernsOf } from './concerns.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { openRehearsal, type Rehearsal } from './open-rehearsal.ts'
import { readScene, type SceneOptions } from './scene.ts'
import { complain, configOption, readConfiguration } from './startup.ts'

interface Options extends SceneOptions {
  readonly config?: string
  readonly json?: true
}

/** `postern explain`: how a message would be judged, and why. */
export function addExplain(program: Command): void {
  program
    .command('explain')
    .description('Judge a message as a live session would, without delivering it, and tell why.')
    .argument('[message]', 'a file with the message, or - for standard input')
    .requiredOption('--ip <address>', 'the address of the client')
    .requiredOption('--helo <name>', 'the name that the client gives')
    .requiredOption('--from <address>', 'the sender of the envelope; "" for a bounce')
    .requiredOption('--rcpt <address...>', 'the recipients of the envelope')
    .option(...configOption)
    .option('--json', 'print JSON')
    .action(async (file: string | undefined, options: Options) => {
      // Behind the recipients the file looks like one more of them.
      const [message = '', rcpt] = file === undefined ? [options.rcpt.at(-1), options.rcpt.slice(0, -1)] : [file, options.rcpt]
      process.exitCode = await explain(message, { ...options, rcpt })
    })
}

async function explain(file: string, options: Options): Promise<ExitCode> {
  const checked = await readConfiguration(options.config)
  if ('problems' in checked) {
    complain(checked.problems)
    return exitCodes.usage
  }
  const scene = await readScene(file, options, checked.value)
  if (typeof scene === 'string') {
    process.stderr.write(`${visible(scene)}\n`)
    return exitCodes.usage
  }
  const opened = await openRehearsal(checked.value)
  if ('problems' in opened) {
    complain(opened.problems)
    return exitCodes.failed
  }
  try {
    process.stdout.write(await judgeAndTell(opened.value, scene, options))
    return exitCodes.ok
  } finally {
    opened.value.close()
  }
}

async function judgeAndTell({ gateway, rules, afresh }: Rehearsal, scene: Scene, { json }: Options): Promise<string> {
  const trace = await rehearse({ ...gateway, rulebook: rulebook(afresh(rules)) }, scene)
  const flips = await findFlips(trace, rules, others => {
    // Who was stopped at RCPT would have sent the message: then the rest must be found out.
    const recorded = withRecordedFacts(afresh(others), trace, { missing: 'look up' })
    return rehearse({ ...gateway, rulebook: rulebook(recorded) }, scene)
  })
  if (json) return `${visibleJson({ trace: { ...trace, lookups: undefined }, flips }, 2)}\n`

  return explainTrace({ trace, mode: gateway.mode, concerns: concernsOf(rules, gateway.isExempt), flips })
}
