import type { Command } from 'commander'
import type { Configuration } from '../config/load.ts'
import { type Log, openLog } from '../report/log.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { FileWatch } from './file-watch.ts'
import { serveMetrics } from './serve-metrics.ts'
import { Service } from './service.ts'
import { complain, configOption, readConfiguration } from './startup.ts'
import { warnings } from './warnings.ts'

interface Options {
  readonly config?: string
}

/** How long messages that are coming in may take to be finished once we are told to stop. */
const drainMs = 30_000

/** `postern run`: the gateway itself. */
export function addRun(program: Command): void {
  program
    .command('run')
    .description('Run the gateway until SIGTERM or SIGINT; SIGHUP reads the configuration again.')
    .option(...configOption)
    .action(async (options: Options) => {
      process.exitCode = await run(options)
    })
}

async function run({ config }: Options): Promise<ExitCode> {
  const configuration = await readConfiguration(config)
  if ('problems' in configuration) {
    complain(configuration.problems)
    return exitCodes.usage
  }
  const log = openLog({ pretty: process.stdout.isTTY })
  const { document, mode } = configuration.value
  log.info({ configuration: document.file, mode }, 'starting')
  for (const warning of await warnings(configuration.value)) log.warn({}, warning)
  const started = await Service.start(configuration.value, log)
  if ('problems' in started) {
    await log.close()
    complain(started.problems)
    return exitCodes.failed
  }
  const service = started.value
  const metrics = await serveMetrics(configuration.value, { reports: async () => [await service.report()], log })
  if ('problems' in metrics) {
    await service.stop(0)
    await log.close()
    complain(metrics.problems)
    return exitCodes.failed
  }
  await untilToldToStop(service, { configuration: configuration.value, config, log })
  await metrics.value.close()
  log.info({}, 'stopped')
  await log.close()
  return exitCodes.ok
}

/** Serves until the first SIGTERM or SIGINT, then drains. A second one means that nobody wants to wait. */
async function untilToldToStop(
  service: Service,
  {
    configuration,
    config,
    log,
  }: { readonly configuration: Configuration; readonly config: string | undefined; readonly log: Log },
): Promise<void> {
  let reloading = Promise.resolve()
  const reload = () => {
    // One after the other: the last configuration is the one that counts.
    reloading = reloading.then(async () => {
      const next = await readConfiguration(config)
      if ('value' in next) watch.follow(listFiles(next.value))
      await service.reload(next)
    })
  }
  const watch = new FileWatch(reload)
  watch.follow(listFiles(configuration))
  process.on('SIGHUP', reload)
  const signal = await firstOf('SIGTERM', 'SIGINT')
  for (const again of ['SIGTERM', 'SIGINT'] as const) {
    process.once(again, () => {
      void log.close().finally(() => process.exit(exitCodes.failed))
    })
  }
  log.info({ signal }, 'stopping')
  watch.follow([])
  await reloading
  await service.stop(drainMs)
}

function listFiles({ rules }: Configuration): string[] {
  return rules.flatMap(({ files }) => files)
}

function firstOf(...signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  for (const signal of signals) process.once(signal, resolve)
  // Once one has come, the other means "at once".
  return promise.finally(() => {
    for (const signal of signals) process.off(signal, resolve)
  })
}
