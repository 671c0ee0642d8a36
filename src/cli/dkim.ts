import type { Command } from 'commander'
import { domainName } from '../config/signing.ts'
import { readSigningSecrets } from '../config/signing-keys.ts'
import { alignRows } from '../report/table.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { type Publication, readPublication } from '../signing/key-record.ts'
import { keyName, type SigningKey } from '../signing/signing-key.ts'
import { addDkimKeygen } from './dkim-keygen.ts'
import { describeRecord, recordFields } from './dkim-records.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { openResolver } from './open-resolver.ts'
import { complain, configOption, readConfiguration } from './startup.ts'

interface Options {
  readonly config?: string
  readonly json?: true
}

/** `postern dkim`: the keys that sign our mail. */
export function addDkim(program: Command): void {
  const dkim = program.command('dkim').description('The keys that sign our mail.')
  addDkimKeygen(dkim)
  dkim
    .command('check')
    .description('Compare what is published with the keys of the configuration, and print what has to be.')
    .argument('[domain]', 'only the keys of this domain')
    .option(...configOption)
    .option('--json', 'print JSON')
    .action(async (domain: string | undefined, options: Options) => {
      process.exitCode = await check(domain, options)
    })
}

interface CheckedKey extends Publication {
  readonly key: SigningKey
}

async function check(domain: string | undefined, { config, json }: Options): Promise<ExitCode> {
  const checked = await readConfiguration(config)
  if ('problems' in checked) {
    complain(checked.problems)
    return exitCodes.usage
  }
  const configuration = checked.value
  const secrets = await readSigningSecrets(configuration.document, configuration)
  if ('problems' in secrets) {
    complain(secrets.problems)
    return exitCodes.usage
  }
  const { keys, sealing } = secrets.value
  const wanted = domain === undefined ? undefined : domainName(domain)
  const asked = [...keys, ...(sealing ? [sealing] : [])].filter(key => domain === undefined || key.domain === wanted)
  if (asked.length === 0) {
    process.stderr.write(
      `${visible(`${configuration.document.file} has no keys${domain === undefined ? '' : ` for ${domain}`}`)}\n`,
    )
    return exitCodes.failed
  }
  const dns = await openResolver(configuration)
  const look = async (key: SigningKey) => ({ key, ...readPublication(key, await dns.query('TXT', keyName(key))) })
  const found: CheckedKey[] = await Promise.all(asked.map(look))
  process.stdout.write(json ? `${visibleJson({ keys: found.map(asData) }, 2)}\n` : format(found))
  return found.every(({ state }) => state === 'published') ? exitCodes.ok : exitCodes.failed
}

function asData({ key, state, why }: CheckedKey) {
  const { domain, selector, algorithm } = key
  return { domain, selector, algorithm, state, ...(why !== undefined && { why }), record: recordFields(key) }
}

function format(found: readonly CheckedKey[]): string {
  const rows = found.map(({ key, state, why = '' }) => [keyName(key), key.algorithm, state, why])
  const toPublish = found.filter(({ state }) => state === 'missing' || state === 'different')
  const lines = [...alignRows(rows), ...toPublish.flatMap(({ key }) => ['', ...describeRecord(key)])]
  return lines.map(line => `${visible(line)}\n`).join('')
}
