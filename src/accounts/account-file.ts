import { randomBytes } from 'node:crypto'
import { type AddressPattern, formatAddressPattern, parseAddressPattern } from '../mail/address-pattern.ts'
import type { Account, ScramKeys } from './account.ts'
import { formatPasswordHash, type PasswordHash, parsePasswordHash } from './password-hash.ts'
import { prepareName } from './prepare.ts'
import { formatScramKeys, parseScramKeys } from './scram-keys.ts'

/** An account as the file has it. */
export interface AccountEntry extends Account {
  readonly password: PasswordHash
  readonly keys: ScramKeys | undefined
}

/** All that stands in a file of accounts. */
export interface AccountBook {
  readonly entries: ReadonlyMap<string, AccountEntry>
  /** From it come the salts of names that nobody has. */
  readonly secret: Buffer
}

const secretBytes = 32
const secretWord = '%secret'
const nothing = '-'
const heading =
  '# Accounts that may send through Postern, as `postern account` writes them: name, hash, keys for SCRAM, addresses.'

export function emptyBook(): AccountBook {
  return { entries: new Map(), secret: randomBytes(secretBytes) }
}

/** Reads the text of such a file; a sentence with the number of the line when something is wrong with it. */
export function parseAccounts(text: string): AccountBook | string {
  const entries = new Map<string, AccountEntry>()
  let { secret } = emptyBook()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim().split(/\s+/)
    if (line.trim() === '' || line.startsWith('#')) continue
    const entry = words[0] === secretWord ? undefined : parseEntry(words)
    if (words[0] === secretWord) secret = Buffer.from(words[1] ?? '', 'base64')
    else if (typeof entry !== 'object') return `line ${index + 1}: expected ${entry}`
    else if (entries.has(entry.name)) return `line ${index + 1}: expected each account once, found ${entry.name} again`
    else entries.set(entry.name, entry)
  }
  return { entries, secret }
}

export function formatAccounts({ entries, secret }: AccountBook): string {
  const lines = [...entries.values()].map(({ name, password, keys, addresses }) =>
    [
      name,
      formatPasswordHash(password),
      keys ? formatScramKeys(keys) : nothing,
      addresses.map(formatAddressPattern).join(',') || nothing,
    ].join(' '),
  )
  return `${[heading, `${secretWord} ${secret.toString('base64')}`, ...lines].join('\n')}\n`
}

/** The account, or what was expected. What was found may be a password, and is not told. */
function parseEntry([name = '', hash = '', keys = '', addresses = '', ...rest]: readonly string[]): AccountEntry | string {
  const prepared = prepareName(name)
  const password = parsePasswordHash(hash)
  const scram = keys === nothing ? undefined : parseScramKeys(keys)
  const patterns = parsePatterns(addresses)
  if (prepared === undefined) return 'the name of an account'
  if (!password) return 'a hash such as $scrypt$ln=15,r=8,p=1$salt$hash behind the name (postern account password NAME)'
  if (!scram && keys !== nothing) return 'keys such as SCRAM-SHA-256$iterations:salt$key:key behind the hash, or -'
  if (!patterns || rest.length > 0) return 'addresses with commas between them, or -, at the end'
  return { name: prepared, password, keys: scram, addresses: patterns }
}

function parsePatterns(text: string): readonly AddressPattern[] | undefined {
  if (text === nothing) return []
  const patterns = text.split(',').map(parseAddressPattern)
  return patterns.every(pattern => pattern !== undefined) ? patterns : undefined
}
