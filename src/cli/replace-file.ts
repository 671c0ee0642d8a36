import { chmod, chown, link, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { fileTrouble } from '../config/file-trouble.ts'

/**
 * Puts a new text in the place of a file, whole or not at all, and keeps the former one beside it under its name with
 * `suffix` behind. Not when somebody else has changed it meanwhile.
 */
export async function replaceFile(
  { file, before, after }: { readonly file: string; readonly before: string; readonly after: string },
  suffix: string,
): Promise<{ readonly former: string } | { readonly trouble: string }> {
  try {
    const path = await realpath(file)
    const [draft, former] = [`${path}.new-${process.pid}`, `${path}.${suffix}`]
    if ((await readFile(path, 'utf8')) !== before) return { trouble: `${file} has changed meanwhile: nothing is written` }
    try {
      await writeLike(path, draft, after)
      await rm(former, { force: true })
      await link(path, former)
      await rename(draft, path)
    } finally {
      await rm(draft, { force: true })
    }
    return { former }
  } catch (error) {
    return { trouble: `nothing is written: ${fileTrouble(file, error)}` }
  }
}

/** With the mode and the owner of the other file, and on the disk. */
async function writeLike(path: string, draft: string, text: string): Promise<void> {
  const { mode, uid, gid } = await stat(path)
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  if (uid !== process.getuid?.() || gid !== process.getgid?.()) await chown(draft, uid, gid)
  await chmod(draft, mode & 0o777)
}
