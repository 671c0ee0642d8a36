import { existsSync } from 'node:fs'
import { journalFile, journalKeyFile } from '../config/data-folder.ts'
import type { Configuration } from '../config/load.ts'
import { JournalReader } from '../journal/journal-reader.ts'
import { readKey } from '../journal/privacy.ts'
import { visible } from '../report/visible.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { complain, type Found, readWithSource } from './startup.ts'

/** A configuration, and the journal of the gateway that runs by it. */
export interface OpenedJournal extends Found {
  readonly journal: JournalReader
}

/** Opens the journal, lets `work` look into it, and closes it. When it cannot be opened, this says why. */
export async function withJournal(
  config: string | undefined,
  work: (opened: OpenedJournal) => ExitCode | Promise<ExitCode>,
): Promise<ExitCode> {
  const found = await readWithSource(config)
  if ('problems' in found) {
    complain(found.problems)
    return exitCodes.usage
  }
  const opened = openReader(found.value.configuration)
  if (typeof opened === 'string') {
    process.stderr.write(`${visible(opened)}\n`)
    return exitCodes.failed
  }
  try {
    return await work({ ...found.value, journal: opened })
  } finally {
    opened.close()
  }
}

/** The journal, or why there is none. */
function openReader({ data, journal }: Configuration): JournalReader | string {
  const file = journalFile(data)
  if (!existsSync(file)) {
    const why = journal === 'off' ? 'it is off' : 'the gateway has not run yet, or keeps its data elsewhere'
    return `${file}: expected a journal, found none: ${why}`
  }
  try {
    return new JournalReader(file, { key: readKey(journalKeyFile(data)) })
  } catch (error) {
    return `${file}: ${error instanceof Error ? error.message : error}`
  }
}
