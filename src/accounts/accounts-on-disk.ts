import { readFile, stat } from 'node:fs/promises'
import type { Answer, Attempt, Authenticator, Denial, KeysOf } from './account.ts'
import { type AccountBook, emptyBook, parseAccounts } from './account-file.ts'
import { Gate } from './gate.ts'
import { fits, nobodysHash } from './password-hash.ts'
import { nobodysKeys } from './scram-keys.ts'

const mostBytes = 16 * 1024 * 1024
/** So many passwords are compared at a time: each takes a thread, and 32 MiB. */
const atOnce = { most: 2, waiting: 64 } as const

/** The accounts of a file, which is read again when it changes. A broken new one never replaces a good old one. */
export class AccountsOnDisk implements Authenticator {
  readonly #file: string
  readonly #onTrouble: (why: string) => void
  readonly #gate = new Gate(atOnce)
  #book: AccountBook
  #version: string
  #hasKeys = false

  private constructor(file: string, { book, version }: Loaded, onTrouble: (why: string) => void) {
    this.#file = file
    this.#onTrouble = onTrouble
    this.#book = book
    this.#version = version
    this.#use(book)
  }

  /** Reads the file; a file that is not there yet holds nobody. Rejects when it cannot be read or understood. */
  static async open(file: string, onTrouble: (why: string) => void): Promise<AccountsOnDisk> {
    return new AccountsOnDisk(file, await load(file), onTrouble)
  }

  /** A client that is offered SCRAM uses it: so it is offered only when everybody has the keys for it. */
  get hasKeys(): boolean {
    return this.#hasKeys
  }

  async verify({ name, password }: Attempt): Promise<Answer> {
    const entry = (await this.#current()).entries.get(name)
    const [anybody] = this.#book.entries.values()
    // Nobody must be able to tell by the time it takes which names there are.
    const kept = entry?.password ?? nobodysHash(anybody?.password)
    const isRight = await this.#gate.pass(() => fits(password, kept))
    if (isRight === undefined) return { failure: 'trouble', detail: 'too many passwords are being compared' }
    return isRight && entry ? { account: entry } : { failure: 'refused' }
  }

  async keysOf(name: string): Promise<KeysOf | Denial> {
    const { entries, secret } = await this.#current()
    const account = entries.get(name)
    const [anybody] = entries.values()
    const nobodys = nobodysKeys(name, secret, anybody?.keys)
    return { account, keys: account?.keys ?? nobodys }
  }

  close(): void {}

  async #current(): Promise<AccountBook> {
    try {
      if ((await versionOf(this.#file)) !== this.#version) this.#take(await load(this.#file))
    } catch (error) {
      this.#onTrouble(error instanceof Error ? error.message : String(error))
    }
    return this.#book
  }

  #take({ book, version }: Loaded): void {
    this.#version = version
    this.#use(book)
  }

  #use(book: AccountBook): void {
    this.#book = book
    this.#hasKeys = book.entries.size > 0 && [...book.entries.values()].every(({ keys }) => keys !== undefined)
  }
}

interface Loaded {
  readonly book: AccountBook
  readonly version: string
}

async function load(file: string): Promise<Loaded> {
  const version = await versionOf(file)
  return { book: await readAccounts(file), version }
}

/** What stands in a file of accounts; nobody, when there is none. Rejects with a sentence that names the file. */
export async function readAccounts(file: string): Promise<AccountBook> {
  const version = await versionOf(file)
  if (version === '') return emptyBook()
  const { size } = await stat(file)
  if (size > mostBytes) throw new Error(`${file}: expected at most ${mostBytes} bytes, found ${size}`)
  const book = parseAccounts(await readFile(file, 'utf8'))
  if (typeof book === 'string') throw new Error(`${file}: ${book}`)
  return book
}

/** Empty when there is no file. */
async function versionOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file)
    return `${mtimeMs} ${size} ${ino}`
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
