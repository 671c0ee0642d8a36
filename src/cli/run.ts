import type { Command } from 'commander'
import { openResolver } from '../config/gateway.ts'
import type { Configuration } from '../config/load.ts'
import { watchAddresses } from '../config/watch-addresses.ts'
import { workerCount } from '../config/workers.ts'
import type { AddressWatch } from '../doctor/address-watch.ts'
import { openLog, type SharedLog } from '../report/log.ts'
import { Alone } from './alone.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { Reloading } from './reload.ts'
import type { Failure, Running } from './running.ts'
import { serveMetrics } from './serve-metrics.ts'
import { drainMs } from './service.ts'
import { complain, configOption, type Found, readWithSource } from './startup.ts'
import { warnings } from './warnings.ts'
import { Primary } from './workers/primary.ts'

interface Options {
  readonly config?: string
}

/** `postern run`: the gateway itself. */
export function addRun(program: Command): void {
  program
    .command('run')
    .description(
      'Run the gateway until SIGTERM or SIGINT; SIGHUP reads the configuration again, SIGUSR2 replaces the workers one by one.',
    )
    .option(...configOption)
    .action(async (options: Options) => {
      process.exitCode = await run(options)
    })
}

async function run({ config }: Options): Promise<ExitCode> {
  const readAt = Date.now()
  const found = await readWithSource(config)
  if ('problems' in found) {
    complain(found.problems)
    return exitCodes.usage
  }
  const { configuration } = found.value
  const isPretty = process.stdout.isTTY
  const log = openLog({ pretty: isPretty })
  const { document, mode } = configuration
  const workers = workerCount(configuration)
  log.info({ configuration: document.file, mode, ...(workers > 1 && { workers }) }, 'starting')
  for (const warning of await warnings(configuration)) log.warn({}, warning)
  // From here on: the first worker serves while others still start.
  const told = firstOf('SIGTERM', 'SIGINT')
  // What is saved while we start is noticed then, signal or not.
  for (const signal of ['SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => {})
  const running = workers > 1 ? await Primary.start(found.value, { log, isPretty }) : await Alone.start(found.value, log)
  if (!('reload' in running)) {
    await log.close()
    tellFailure(running)
    return exitCodes.failed
  }
  const metrics = await serveMetrics(configuration, { reports: () => running.reports(), log })
  if ('problems' in metrics) {
    await running.stop(0)
    await log.close()
    complain(metrics.problems)
    return exitCodes.failed
  }
  for (const listening of running.addresses) log.info(listening, 'listening for mail')
  const addresses = await beginAddressWatch(configuration, log)
  await untilToldToStop(running, { found: found.value, config, readAt, told, log })
  addresses?.stop()
  await metrics.value.close()
  log.info({}, 'stopped')
  await log.close()
  return exitCodes.ok
}

/** Blocklists are asked about our addresses by one process, if at all. */
async function beginAddressWatch(configuration: Configuration, log: SharedLog): Promise<AddressWatch | undefined> {
  const watch = watchAddresses(configuration, { log, dns: await openResolver(configuration) })
  void watch?.start()
  return watch
}

function tellFailure(failure: Failure): void {
  if ('problems' in failure) complain(failure.problems)
  else process.stderr.write(`${failure.reason}\n`)
}

interface Surroundings {
  readonly found: Found
  readonly config: string | undefined
  readonly readAt: number
  /** The first signal to stop. */
  readonly told: Promise<NodeJS.Signals>
  readonly log: SharedLog
}

/** Serves until the first SIGTERM or SIGINT, then drains. A second one means that nobody wants to wait. */
async function untilToldToStop(running: Running, { found, config, readAt, told, log }: Surroundings): Promise<void> {
  const reloading = new Reloading(running, found, { config, readAt })
  process.on('SIGHUP', () => reloading.begin('reload'))
  process.on('SIGUSR2', () => reloading.begin('renew'))
  const signal = await told
  for (const again of ['SIGTERM', 'SIGINT'] as const) {
    process.once(again, () => {
      void running
        .kill()
        .then(() => log.close())
        .finally(() => process.exit(exitCodes.failed))
    })
  }
  log.info({ signal }, 'stopping')
  reloading.end()
  await running.stop(drainMs)
}

function firstOf(...signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  for (const signal of signals) process.once(signal, resolve)
  // Once one has come, the other means "at once".
  return promise.finally(() => {
    for (const signal of signals) process.off(signal, resolve)
  })
}
