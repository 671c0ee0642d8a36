import { generateKeyPairSync } from 'node:crypto'
import { unlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { fileTrouble } from '../config/file-trouble.ts'
import { domainName, selectorName } from '../config/signing.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { type SigningKey, usualBits } from '../signing/signing-key.ts'
import { describeRecord, recordFields } from './dkim-records.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options {
  readonly selector: string
  readonly type: string
  readonly folder: string
  readonly json?: true
}

type Kind = 'rsa' | 'ed25519'
const kinds: Readonly<Record<string, readonly Kind[]>> = { rsa: ['rsa'], ed25519: ['ed25519'], both: ['rsa', 'ed25519'] }

/** A key that has been made, and where it is. */
interface MadeKey {
  readonly key: SigningKey
  readonly file: string
}

/** `postern dkim keygen`: new keys for a domain. */
export function addDkimKeygen(dkim: Command): void {
  dkim
    .command('keygen')
    .description('Make keys that sign the mail of a domain, and print what is to be published and configured.')
    .argument('<domain>', 'the domain whose mail is signed')
    .option('--selector <name>', 'the name of the key; of two keys, what stands in front of -rsa and -ed25519', thisMonth())
    .option('--type <type>', 'rsa, ed25519 or both', 'both')
    .option('--folder <folder>', 'where the files are written', '.')
    .option('--json', 'print JSON')
    .action(async (domain: string, options: Options) => {
      process.exitCode = await keygen(domain, options)
    })
}

/** Selectors are names for one time: a new key gets a new one. */
function thisMonth(): string {
  return new Date().toISOString().slice(0, 7).replace('-', '')
}

async function keygen(text: string, { selector: base, type, folder, json }: Options): Promise<ExitCode> {
  const domain = domainName(text)
  const wanted = Object.hasOwn(kinds, type) ? kinds[type] : undefined
  const selectors = wanted?.map(kind => selectorName(wanted.length > 1 ? `${base}-${kind}` : base))
  if (domain === undefined) return complain(`expected a domain, such as example.org, found "${text}"`)
  if (!wanted || !selectors) return complain(`--type: expected rsa, ed25519 or both, found "${type}"`)
  if (selectors.includes(undefined)) return complain(`--selector: expected a selector, such as 202611, found "${base}"`)
  const made: MadeKey[] = []
  for (const [at, kind] of wanted.entries()) {
    const result = await make({ domain, selector: selectors[at] ?? '', kind, folder })
    if (typeof result === 'string') {
      // Half of what was asked for would be in the way the next time.
      for (const { file } of made) await unlink(file)
      return complain(result, exitCodes.failed)
    }
    made.push(result)
  }
  process.stdout.write(json ? `${visibleJson({ keys: made.map(asData) }, 2)}\n` : formatKeys(domain, made))
  return exitCodes.ok
}

interface Wish extends Pick<SigningKey, 'domain' | 'selector'> {
  readonly kind: Kind
  readonly folder: string
}

/** Makes one key. A file that is there is never written over: mail that is on its way may be signed with it. */
async function make({ domain, selector, kind, folder }: Wish): Promise<MadeKey | string> {
  const { privateKey } =
    kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: usualBits }) : generateKeyPairSync('ed25519')
  const file = resolve(join(folder, `${domain}.${selector}.pem`))
  try {
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    return isThere ? `${file} is there already: a new key needs a new --selector` : fileTrouble(file, error)
  }
  return { key: { domain, selector, algorithm: `${kind}-sha256`, privateKey }, file }
}

function asData({ key, file }: MadeKey) {
  return { domain: key.domain, selector: key.selector, algorithm: key.algorithm, file, record: recordFields(key) }
}

function formatKeys(domain: string, made: readonly MadeKey[]): string {
  const lines = [
    ...made.flatMap(({ key, file }) => [`${key.algorithm}: ${file}`, '', ...describeRecord(key)]),
    'In the configuration:',
    '',
    'sign:',
    `  ${domain}:`,
    ...made.map(({ key, file }) => `    - { selector: "${key.selector}", key: ${JSON.stringify(file)} }`),
    '',
    'Publish first, then configure. `postern dkim check` says whether the two agree.',
  ]
  return lines.map(line => `${visible(line)}\n`).join('')
}

function complain(text: string, code: ExitCode = exitCodes.usage): ExitCode {
  process.stderr.write(`${visible(text)}\n`)
  return code
}
