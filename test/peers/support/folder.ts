import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for one peer, which its daemons may walk through whoever they run as. */
export async function peerFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `postern-${name}-`))
  await chmod(folder, 0o755)
  return folder
}

export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 5 })
}
