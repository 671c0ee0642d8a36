/** Why a file cannot be used, in words: the system says ENOENT and EACCES. */
export function fileTrouble(file: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return `no file ${file}`
  if (code === 'EACCES' || code === 'EPERM') return `${file}, which we may not read`
  return `${file}: ${error instanceof Error ? error.message : error}`
}
