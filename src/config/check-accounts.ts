import { readAccounts } from '../accounts/accounts-on-disk.ts'
import type { SourceDocument } from './document.ts'
import { problemAt } from './issues.ts'
import type { Problem } from './problem.ts'
import type { Settings } from './schema.ts'
import { accountsFile } from './users.ts'

/** Checks that the accounts can be read, if they are in a file and somebody needs them. The path is absolute. */
export async function checkAccounts(document: SourceDocument, settings: Settings): Promise<Problem[]> {
  const file = accountsFile(settings)
  if (file === undefined || !settings.listen.some(({ as }) => as === 'submission')) return []
  try {
    await readAccounts(file)
    return []
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    return [problemAt(document, ['submission', 'accounts'], 'accounts that we can read', found)]
  }
}
