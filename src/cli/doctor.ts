import { isIP } from 'node:net'
import type { Command } from 'commander'
import { sweepAddresses } from '../config/watch-addresses.ts'
import type { SweptListing } from '../doctor/sweep.ts'
import { canonicalAddress } from '../mail/network.ts'
import { alignRows } from '../report/table.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { openResolver } from './open-resolver.ts'
import { complain, configOption, readConfiguration } from './startup.ts'

interface Options {
  readonly config?: string
  readonly json?: true
}

/** `postern doctor`: what others think of us. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('What others think of us.')
    .command('blocklists')
    .description('Ask the blocklists that many use whether they list our addresses, and where they are taken off.')
    .argument('[address...]', 'addresses; else those of `outbound`, or the public ones of this machine and of its name')
    .option(...configOption)
    .option('--json', 'print JSON')
    .action(async (addresses: readonly string[], options: Options) => {
      process.exitCode = await blocklists(addresses, options)
    })
}

async function blocklists(given: readonly string[], { config, json }: Options): Promise<ExitCode> {
  const wrong = given.find(address => !isIP(address))
  if (wrong !== undefined) {
    process.stderr.write(`${visible(`expected an address, found "${wrong}"`)}\n`)
    return exitCodes.usage
  }
  const checked = await readConfiguration(config)
  if ('problems' in checked) {
    complain(checked.problems)
    return exitCodes.usage
  }
  const addresses = given.length > 0 ? [...new Set(given.map(canonicalAddress))] : undefined
  const found = await sweepAddresses(checked.value, await openResolver(checked.value), addresses)
  if (found.length === 0) {
    process.stderr.write('This machine has no public address, and its name has none: name one\n')
    return exitCodes.failed
  }
  process.stdout.write(json ? `${visibleJson({ listings: found }, 2)}\n` : format(found))
  return found.some(({ status }) => status === 'listed') ? exitCodes.failed : exitCodes.ok
}

const words: Readonly<Record<SweptListing['status'], string>> = {
  listed: 'LISTED',
  'not listed': 'not listed',
  unknown: 'could not find out',
}

function format(found: readonly SweptListing[]): string {
  const rows = found.map(({ address, name, zone, status, codes, removal, why = '' }) => [
    address,
    name,
    zone,
    words[status],
    status === 'listed' ? `${codes.join(' ')}  ${removal}` : why,
  ])
  return alignRows(rows)
    .map(line => `${visible(line)}\n`)
    .join('')
}
