/** Why a file or a folder cannot be used, in words that follow "found": the system says ENOENT and EACCES. */
export function fileTrouble(path: string, error: unknown): string {
  if (!(error instanceof Error)) return `${path}: ${error}`
  const { code, path: culprit = path }: NodeJS.ErrnoException = error
  if (code === 'ENOENT') return `no ${culprit}`
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `no permission for ${culprit}`
  return error.message.includes(culprit) ? error.message : `${culprit}: ${error.message}`
}
