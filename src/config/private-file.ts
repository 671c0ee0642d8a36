import { open } from 'node:fs/promises'
import { fileTrouble } from './file-trouble.ts'

/** What nobody but the owner, and a group that may read, may do with a file that holds a secret. */
const forbidden = 0o137

const mostBytes = 64 * 1024

/** Reads a file that holds a secret; what was expected and found instead when it cannot be, or others can. The path is absolute. */
export async function readPrivateFile(
  path: string,
): Promise<{ readonly bytes: Buffer } | { readonly expected: string; readonly found: string }> {
  const readable = 'a file that can be read'
  try {
    await using file = await open(path)
    const { mode, size } = await file.stat()
    if ((mode & forbidden) !== 0)
      return { expected: 'a file that only we can read (mode 0600 or 0640)', found: `mode ${octal(mode)} of ${path}` }
    if (size > mostBytes) return { expected: `at most ${mostBytes} bytes`, found: `${size} in ${path}` }
    return { bytes: await file.readFile() }
  } catch (error) {
    return { expected: readable, found: fileTrouble(path, error) }
  }
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0')
}
