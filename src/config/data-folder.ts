import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type FileStore, openSqliteStore } from '../world/sqlite-store.ts'
import { fileTrouble } from './file-trouble.ts'
import { problemAt } from './issues.ts'
import type { Configuration } from './load.ts'
import type { Checked } from './problem.ts'

/** Opens the store in the data folder, which is made for us alone when only it is missing. */
export function openStore({ data, document }: Configuration): Checked<FileStore> {
  try {
    makeFolder(data)
    return { value: openSqliteStore(storeFile(data), () => new Date()) }
  } catch (error) {
    return { problems: [problemAt(document, ['data'], 'a folder that we may write to', fileTrouble(data, error))] }
  }
}

/** Not the folders above it: a path that is misspelt near its root should not come true. */
function makeFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 })
}

/** The file of the store. */
export function storeFile(data: string): string {
  return join(data, 'store.sqlite')
}

/** The folder of what is in quarantine. */
export function quarantineFolder(data: string): string {
  return join(data, 'quarantine')
}
