import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { SourceDocument } from './document.ts'
import { fileTrouble } from './file-trouble.ts'
import { problemAt } from './issues.ts'
import type { Problem } from './problem.ts'

/** Checks that the certificate and its key can be read, and belong together. The paths are absolute. */
export async function checkCertificate(
  document: SourceDocument,
  { cert, key }: { readonly cert: string; readonly key: string },
): Promise<Problem[]> {
  const certificate = await read(cert, pem => new X509Certificate(pem))
  const privateKey = await read(key, pem => createPrivateKey(pem))
  if ('found' in certificate) return [problemAt(document, ['tls', 'cert'], 'a certificate in PEM form', certificate.found)]
  if ('found' in privateKey) return [problemAt(document, ['tls', 'key'], 'a private key in PEM form', privateKey.found)]
  if (certificate.value.checkPrivateKey(privateKey.value)) return []
  return [problemAt(document, ['tls', 'key'], `the private key of ${cert}`, `another key in ${key}`)]
}

async function read<T>(file: string, parse: (pem: Buffer) => T): Promise<{ readonly value: T } | { readonly found: string }> {
  let pem: Buffer
  try {
    pem = await readFile(file)
  } catch (error) {
    return { found: fileTrouble(file, error) }
  }
  try {
    return { value: parse(pem) }
  } catch {
    return { found: `${file}, which holds none` }
  }
}
