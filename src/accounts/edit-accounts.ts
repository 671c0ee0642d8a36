import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AddressPattern } from '../mail/address-pattern.ts'
import { type AccountBook, type AccountEntry, formatAccounts } from './account-file.ts'
import { readAccounts } from './accounts-on-disk.ts'
import { hashPassword } from './password-hash.ts'
import { scramKeysOf } from './scram-keys.ts'

/** What an administrator does to an account; a sentence when it cannot be done. */
export type Edit = (entries: Map<string, AccountEntry>) => string | undefined | Promise<string | undefined>

/** Changes a file of accounts, which only its owner may read. Whoever reads it meanwhile finds the old one or the new one, whole. */
export async function editAccounts(file: string, edit: Edit): Promise<string | undefined> {
  const lock = `${file}.new`
  // Not the folders above it: a path that is misspelt near its root should not come true.
  await mkdir(dirname(file), { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  let handle: Awaited<ReturnType<typeof open>>
  try {
    // Two administrators at once: the second would undo what the first has done.
    handle = await open(lock, 'wx', 0o600)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      return `${lock} is there: somebody else is changing the accounts, or has been interrupted; then remove it`
    throw error
  }
  try {
    const book = await readAccounts(file)
    const entries = new Map(book.entries)
    const trouble = await edit(entries)
    if (trouble === undefined) await replace(file, { handle, lock, book: { ...book, entries } })
    return trouble
  } finally {
    await handle.close().catch(() => {}) // closed already when it has taken the file's place
    await rm(lock, { force: true })
  }
}

interface Replacement {
  readonly handle: Awaited<ReturnType<typeof open>>
  readonly lock: string
  readonly book: AccountBook
}

async function replace(file: string, { handle, lock, book }: Replacement): Promise<void> {
  await handle.writeFile(formatAccounts(book))
  await handle.sync()
  await rename(lock, file)
  const folder = await open(dirname(file), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** A new account, or one with another password. The password is prepared. */
export async function accountWith(name: string, password: string, addresses: readonly AddressPattern[]): Promise<AccountEntry> {
  const [hash, keys] = await Promise.all([hashPassword(password), scramKeysOf(password)])
  return { name, password: hash, keys, addresses }
}
