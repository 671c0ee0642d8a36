import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { defaultConfiguration } from './default.ts'
import { fileTrouble } from './file-trouble.ts'
import type { Checked } from './problem.ts'

/** A configuration as text, and where its relative paths start. */
export interface ConfigurationSource {
  /** As the administrator knows it. */
  readonly file: string
  readonly folder: string
  readonly text: string
}

/** Where a configuration is looked for when none is named. */
const usualFiles = ['postern.yaml', '/etc/postern/postern.yaml'] as const

/** Finds the configuration: the file that was named, else ./postern.yaml, else /etc/postern/postern.yaml, else the built-in one. */
export async function findConfiguration(named?: string): Promise<Checked<ConfigurationSource>> {
  for (const file of named === undefined ? usualFiles : [named]) {
    try {
      return { value: { file, folder: dirname(resolve(file)), text: await readFile(file, 'utf8') } }
    } catch (error) {
      // Only a usual file may be missing: one that is there and cannot be read must not be passed over.
      if (named === undefined && isMissing(error)) continue
      const found = fileTrouble(file, error)
      return { problems: [{ file, line: 1, column: 1, what: 'the configuration', expected: 'a file that can be read', found }] }
    }
  }
  return { value: { file: 'built-in default', folder: process.cwd(), text: defaultConfiguration() } }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
