import { open } from 'node:fs/promises'

export interface DurableFile {
  readonly path: string
  readonly content: Iterable<Buffer> | AsyncIterable<Buffer>
  /** Its permissions, as far as the process's umask lets it have them. */
  readonly mode: number
}

/** Writes a new file that is on the disk, and not only on its way there, once this has returned. */
export async function writeDurably({ path, content, mode }: DurableFile): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes the names in a folder as durable as the files that they stand for. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
