import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type JournalTrouble, JournalWriter } from '../journal/journal-writer.ts'
import type { Log } from '../report/log.ts'
import { type FileStore, openSqliteStore, type StoreNews } from '../world/sqlite-store.ts'
import { fileTrouble } from './file-trouble.ts'
import { problemAt } from './issues.ts'
import type { Configuration } from './load.ts'
import type { Checked } from './problem.ts'

/** Opens the store in the data folder, which is made for us alone when only it is missing. Trouble with it goes to the log. */
export function openStore({ data, document }: Configuration, log: Log): Checked<FileStore> {
  try {
    makeFolder(data)
    return {
      value: openSqliteStore(
        storeFile(data),
        () => new Date(),
        news => tell(log, news),
      ),
    }
  } catch (error) {
    return { problems: [problemAt(document, ['data'], 'a folder that we may write to', fileTrouble(data, error))] }
  }
}

/** Opens the journal in the data folder, which is there; nothing when it is off. Trouble with it goes to the log, once. */
export function openJournal({ data, journal }: Configuration, log: Log): JournalWriter | undefined {
  if (journal === 'off') return undefined
  const { days, bytes, private: isPrivate } = journal
  const settings = { path: journalFile(data), retention: { days, bytes }, ...(isPrivate && { keyFile: journalKeyFile(data) }) }
  return new JournalWriter(settings, trouble => tellOfJournal(log, trouble))
}

function tellOfJournal(log: Log, trouble: JournalTrouble): void {
  if (trouble.state === 'working') log.info({}, 'the journal can be written again')
  else if (trouble.state === 'waiting') log.error({ why: trouble.why }, 'the journal cannot be written: mail goes on without it')
  else if (trouble.state === 'ended')
    log.error({ why: trouble.why }, 'the journal has ended, by a mistake of ours: mail goes on without it')
  else log.error({ why: trouble.why }, 'the journal was broken: it has been set aside, and a new one begins')
}

/** Not the folders above it: a path that is misspelt near its root should not come true. */
export function makeFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 })
}

function tell(log: Log, news: StoreNews): void {
  if (news.state === 'working') log.info({}, 'the store can be written again')
  else if (news.state === 'waiting') log.error({ why: news.why }, 'the store cannot be used: what rules learn is kept in memory')
  else log.error({ why: news.why }, 'the store was broken: it has been set aside, and a new one begins')
}

/** The file of the store. */
export function storeFile(data: string): string {
  return join(data, 'store.sqlite')
}

/** The file of the journal. */
export function journalFile(data: string): string {
  return join(data, 'journal.sqlite')
}

/** The file of the key of the pseudonyms in a private journal. */
export function journalKeyFile(data: string): string {
  return join(data, 'journal.key')
}

/** The folder of what is in quarantine. */
export function quarantineFolder(data: string): string {
  return join(data, 'quarantine')
}
